// The settings: kept in this browser, and in the form. The key is kept for this tab alone.
const KEY = 'llm-serve-settings';
const DEFAULTS = {
  system: '',
  temperature: '0.7',
  top_p: '0.95',
  top_k: '',
  repetition_penalty: '1',
  max_tokens: '',
  seed: '',
};
const NUMBERS = ['temperature', 'top_p', 'top_k', 'repetition_penalty', 'max_tokens', 'seed'];

const form = document.querySelector('#settings');
const field = (name) => document.getElementById(name);

/** Shows what was kept, and keeps what is changed. */
export function openSettings(onKey) {
  fill({ ...DEFAULTS, ...read(localStorage, KEY) });
  field('api-key').value = sessionStorage.getItem('llm-serve-key') ?? '';
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', keep);
  form.addEventListener('reset', (event) => {
    event.preventDefault();
    fill(DEFAULTS);
    keep();
  });
  field('api-key').addEventListener('change', () => {
    sessionStorage.setItem('llm-serve-key', apiKey());
    onKey();
  });
  const button = field('settings-button');
  button.addEventListener('click', () => showSettings(form.hidden));
}

export function showSettings(isShown) {
  form.hidden = !isShown;
  field('settings-button').setAttribute('aria-expanded', String(isShown));
}

export const apiKey = () => field('api-key').value.trim();
export const systemPrompt = () => field('system').value.trim();

/** The fields of a request that are filled in, and valid. */
export function sampling() {
  const filled = NUMBERS.filter((name) => field(name).value !== '' && field(name).checkValidity());
  return Object.fromEntries(filled.map((name) => [name, Number(field(name).value)]));
}

function fill(values) {
  for (const name of Object.keys(DEFAULTS)) field(name).value = values[name];
}

function keep() {
  const values = Object.keys(DEFAULTS).map((name) => [name, field(name).value]);
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(values)));
}

/** What was stored as JSON; {} where that cannot be read. */
export function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? '{}');
  } catch {
    return {};
  }
}
