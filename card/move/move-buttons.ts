import { html } from 'lit/html.js';
import type { Hass } from '../hass.ts';
import { textsIn } from '../texts.ts';
import { moveTexts } from './move-texts.ts';
import { sessionFor } from './move-session.ts';
import { openMove } from './open-move.ts';

const directions = ['deposit', 'withdraw'] as const;

/** Move in and move out; in their place what became of a move that was left, until someone looks. */
export function moveButtons(hass: Hass, { id, name }: { readonly id: string; readonly name: string }) {
  const words = textsIn(hass, moveTexts);
  const { isOpen, progress } = sessionFor(hass, id);
  const { kind } = progress;
  const isLeft = isOpen || kind === 'done' || kind === 'trial' || kind === 'refused';
  const labels = isLeft
    ? [['deposit', words[kind]] as const]
    : directions.map((way) => [way, words[way]] as const);
  return labels.map(
    ([direction, label]) =>
      html`<button
        class="act"
        aria-label=${`${label}: ${name}`}
        @click=${(event: Event) => {
          event.stopPropagation();
          openMove(hass, id, direction);
        }}
      >
        ${label}
      </button>`,
  );
}
