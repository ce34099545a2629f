// One message on the page.
import { copyText, element, markdown } from './markdown.js';

export class Turn {
  constructor(role) {
    this.role = role;
    this.content = '';
    this.body = element('div');
    this.body.className = 'body';
    this.notes = element('div');
    this.notes.className = 'notes';
    this.node = element('article', this.body);
    this.node.className = `turn ${role}`;
    this.node.setAttribute('aria-label', role === 'user' ? 'You' : 'Model');
    if (role === 'assistant') this.node.append(this.notes);
    this.isDrawn = true;
  }

  add(text) {
    this.content += text;
    if (!this.isDrawn) return;
    this.isDrawn = false;
    // As often as the screen shows it; a tab in the background draws when it is looked at again.
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.isDrawn = true;
    if (this.role === 'user') this.body.textContent = this.content;
    else this.body.replaceChildren(...markdown(this.content));
    this.onDraw?.();
  }

  set isWriting(isWriting) {
    this.node.classList.toggle('writing', isWriting);
    this.node.setAttribute('aria-busy', String(isWriting));
  }

  /** What stands below an answer: figures, and what can be done with it. */
  note(text, { isWrong = false, onAgain } = {}) {
    const words = element('span', text);
    words.className = isWrong ? 'wrong' : '';
    const buttons = [];
    if (this.content !== '') buttons.push(button('Copy', (node) => copyText(this.content, node)));
    if (onAgain) buttons.push(button('Again', onAgain));
    this.notes.replaceChildren(words, ...buttons);
  }

  get message() {
    return { role: this.role, content: this.content };
  }
}

function button(label, onClick) {
  const node = element('button', label);
  node.type = 'button';
  node.addEventListener('click', () => onClick(node));
  return node;
}
