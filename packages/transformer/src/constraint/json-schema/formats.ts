// Formats of JSON schema that are enforced; others are annotations, as the standard has it.

const DATE =
  '(19|20)\\d{2}-((01|03|05|07|08|10|12)-(0[1-9]|[12]\\d|3[01])|(04|06|09|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))';
const TIME = '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)';
const OCTET = '(\\d|[1-9]\\d|1\\d{2}|2[0-4]\\d|25[0-5])';

/** Regular expressions of strings without escapes. */
export const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE}T${TIME}`,
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  ipv4: `${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}`,
  email:
    '[a-z0-9]([a-z0-9_+-]{0,30}[a-z0-9])?(\\.[a-z0-9]{1,20}){0,2}@([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\\.){1,3}[a-z]{2,10}',
};
