// Who takes part: a program of ours, or one of a Python peer that needs its modules installed.
/** @param settings more of what the program is told */
export const ours = (program, label, backend = 'native', settings = {}) => ({
  label,
  command: 'node',
  program: `ours/${program}`,
  backend,
  settings,
});

export const python = (program, label, needs, settings = {}) => ({
  label,
  settings,
  command: 'python',
  program: `peers/${program}`,
  needs,
});
