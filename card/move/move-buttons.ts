import { html, nothing } from 'lit/html.js';
import type { Hass } from '../hass.ts';
import { textsIn } from '../texts.ts';
import { sessionFor } from './move-session.ts';
import { moveTexts } from './move-texts.ts';
import { isShown, openMove } from './open-move.ts';

/** Move in and move out; in their place what became of a move that was left, until someone looks. */
export function moveButtons(hass: Hass, { id, name }: { readonly id: string; readonly name: string }) {
  const words = textsIn(hass, moveTexts);
  const { kind } = sessionFor(hass, id).progress;
  const button = (label: string, direction: 'deposit' | 'withdraw') =>
    html`<button
      class="act"
      aria-label=${`${label}: ${name}`}
      @click=${(event: Event) => {
        event.stopPropagation();
        openMove(event.currentTarget as Element, { hass, pot: id, direction });
      }}
    >
      ${label}
    </button>`;
  // Not below an open dialog: the button that opened it gets the focus back.
  const isLeft = !isShown(id) && kind !== 'form' && kind !== 'checking' && kind !== 'confirm';
  return [
    button(isLeft ? words[kind] : words.deposit, 'deposit'),
    isLeft ? nothing : button(words.withdraw, 'withdraw'),
  ];
}
