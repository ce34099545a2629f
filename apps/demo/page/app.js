// The page: a conversation with the model that this server serves.
import { listModels, readMetrics, ServerError, streamChat } from './api.js';
import { element } from './markdown.js';
import { apiKey, openSettings, read, sampling, showSettings, systemPrompt } from './settings.js';
import { Turn } from './turn.js';

const at = (id) => document.getElementById(id);
const [log, question, send, model, status, memory] = [
  'log',
  'question',
  'send',
  'model',
  'status',
  'memory',
].map(at);
const KEPT = 'llm-serve-conversation';
const NEAR = 60; // pixels from the end within which the page follows what is written

let turns = [];
let answering = null;

// The conversation -------------------------------------------------------------------------------

function addTurn(role, content = '') {
  const turn = new Turn(role);
  turn.onDraw = () => follow();
  turn.content = content;
  turn.draw();
  turns.push(turn);
  log.querySelector('.hint')?.remove();
  log.append(turn.node);
  return turn;
}

function keep() {
  const messages = turns.map(({ message }) => message).filter(({ content }) => content !== '');
  sessionStorage.setItem(KEPT, JSON.stringify(messages));
}

function restore() {
  const messages = read(sessionStorage, KEPT);
  if (Array.isArray(messages)) for (const { role, content } of messages) addTurn(role, content);
  if (turns.length === 0) showHint();
  else turns.at(-1).note?.('', { onAgain: turns.at(-1).role === 'assistant' ? again : undefined });
}

function showHint() {
  const hint = element('p', 'Enter sends, Shift+Enter begins a line, Escape stops an answer.');
  hint.className = 'hint';
  log.replaceChildren(hint);
}

function startAnew() {
  answering?.abort();
  turns = [];
  keep();
  showHint();
  question.focus();
}

/** Whether the reader is at the end; who has scrolled up stays there. */
let isFollowing = true;
log.addEventListener('scroll', () => {
  isFollowing = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
});
function follow(isForced = false) {
  if (isForced || isFollowing) log.scrollTop = log.scrollHeight;
}

// An answer --------------------------------------------------------------------------------------

async function ask(text) {
  addTurn('user', text);
  keep();
  await answer();
}

async function again() {
  if (answering !== null || turns.at(-1)?.role !== 'assistant') return;
  turns.pop().node.remove();
  await answer();
}

async function answer() {
  const system = systemPrompt();
  const messages = [
    ...(system === '' ? [] : [{ role: 'system', content: system }]),
    ...turns.map(({ message }) => message),
  ];
  for (const { notes } of turns) notes.querySelector('button:nth-of-type(2)')?.remove(); // only the last can be asked for again
  const turn = addTurn('assistant');
  follow(true);
  answering = new AbortController();
  showState();
  turn.isWriting = true;
  const times = { start: performance.now(), first: null, usage: null, pieces: 0 };
  let end = '';
  let isWrong = false;
  try {
    const body = { model: model.value, messages, ...sampling() };
    for await (const chunk of streamChat(body, apiKey(), answering.signal)) {
      const [choice] = chunk.choices;
      if (chunk.usage) times.usage = chunk.usage;
      if (choice?.finish_reason === 'length') end = 'cut at the most tokens';
      const text = choice?.delta.content ?? '';
      if (text === '') continue;
      times.first ??= performance.now();
      times.pieces += 1;
      turn.add(text);
      status.textContent = rate(times);
    }
  } catch (error) {
    if (error.name === 'AbortError') end = 'stopped';
    else [end, isWrong] = [explain(error), true];
  } finally {
    answering = null;
    turn.isWriting = false;
    turn.draw();
    turn.note([figures(times), end].filter((part) => part !== '').join(' · '), {
      isWrong,
      onAgain: again,
    });
    status.textContent = '';
    if (isWrong && turn.content === '') takeBack(turn);
    keep();
    showState();
    void showMemory();
  }
}

/** A question that got no answer goes back to where it was written, unless there is something already. */
function takeBack(turn) {
  turns = turns.filter((other) => other !== turn);
  const asked = turns.at(-1);
  if (asked?.role !== 'user' || question.value !== '') return;
  turns.pop();
  asked.node.remove();
  question.value = asked.content;
  fitQuestion();
}

function explain(error) {
  if (error instanceof ServerError) {
    if (error.status === 401) showSettings(true);
    return error.message;
  }
  return 'The server cannot be reached.';
}

const seconds = (from, to) => (to - from) / 1000;

function rate({ first, pieces }) {
  const time = seconds(first, performance.now());
  return time > 0.3 ? `${(pieces / time).toFixed(0)} tokens/s` : '';
}

function figures({ start, first, usage }) {
  if (usage === null || first === null) return '';
  const {
    prompt_tokens: prompt,
    completion_tokens: written,
    prompt_tokens_details: details,
  } = usage;
  const time = seconds(first, performance.now());
  const speed = written > 1 && time > 0 ? `, ${((written - 1) / time).toFixed(0)} tokens/s` : '';
  const cached = details?.cached_tokens > 0 ? ` (${details.cached_tokens} from the cache)` : '';
  return `${written} tokens${speed} · first after ${seconds(start, first).toFixed(2)} s · read ${prompt}${cached}`;
}

// The controls -----------------------------------------------------------------------------------

function showState() {
  send.textContent = answering === null ? 'Send' : 'Stop';
  send.disabled = answering === null && (question.value.trim() === '' || model.value === '');
}

function fitQuestion() {
  question.style.height = 'auto';
  question.style.height = `${question.scrollHeight + 2}px`;
  showState();
}

function submit() {
  if (answering !== null || send.disabled) return;
  const text = question.value.trim();
  question.value = '';
  fitQuestion();
  void ask(text);
}

question.addEventListener('input', fitQuestion);
question.addEventListener('keydown', (event) => {
  // While a word is composed (Chinese, Japanese, Korean) Enter chooses it. 229 is what Safari says then.
  const isComposing = event.isComposing || event.keyCode === 229;
  if (event.key !== 'Enter' || event.shiftKey || isComposing) return;
  event.preventDefault();
  submit();
});
at('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  if (answering === null) submit();
  else answering.abort();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing) answering?.abort();
});
at('new').addEventListener('click', startAnew);

async function showModels() {
  try {
    const models = (await listModels(apiKey())).filter(({ kind }) => kind === 'text');
    const chosen = model.value;
    model.replaceChildren(...models.map(({ id }) => new Option(id, id, false, id === chosen)));
    status.textContent = models.length === 0 ? 'This server writes no texts.' : '';
    document.title = models[0]?.id ?? document.title;
  } catch (error) {
    status.textContent = explain(error);
    if (error.status === 503 || !(error instanceof ServerError)) setTimeout(showModels, 1000); // it is being loaded
  }
  showState();
}

const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;

async function showMemory() {
  if (document.hidden) return;
  try {
    const metrics = await readMetrics(apiKey());
    const [tensors, process] = ['llm_live_bytes', 'process_resident_memory_bytes'].map((name) =>
      metrics.get(name),
    );
    const [blocks, free] = ['llm_cache_blocks', 'llm_cache_blocks_free'].map((name) =>
      metrics.get(name),
    );
    const parts = [
      ...(tensors === undefined ? [] : [`${mebibytes(tensors)} of tensors`]),
      `${mebibytes(process)} in all`,
      ...(blocks === undefined
        ? []
        : [`cache ${Math.round((100 * (blocks - free)) / blocks)} % in use`]),
    ];
    memory.textContent = parts.join(' · ');
  } catch {
    memory.textContent = '';
  }
}

openSettings(showModels);
restore();
fitQuestion();
void showModels().then(showMemory);
setInterval(showMemory, 5000);
