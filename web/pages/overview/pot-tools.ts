import { html, svg, type TemplateResult } from 'lit';
import type { Account, Pot } from '../../api/contract.ts';
import { favouritesFirst } from '../../favourites.ts';
import type { Page } from '../../page.ts';
import type { CardParts } from '../../parts/money.ts';
import { hashOf, route } from '../../route.ts';
import { texts as move } from '../../texts/move.ts';
import { texts } from '../../texts/overview.ts';

/** Drawn on a field of 24 by 24. */
const star = 'm12 3.5 2.6 5.4 5.9.8-4.3 4.1 1.1 5.9-5.3-2.9-5.3 2.9 1.1-5.9-4.3-4.1 5.9-.8Z';
const arrows = 'M4 8h14M14.5 4.5 18 8l-3.5 3.5M20 16H6M9.5 12.5 6 16l3.5 3.5';

/** On the overview a pot can be marked as a favourite, and money moved into or out of it. */
export function potTools({ favourites }: Page, outlook: CardParts['outlook']): CardParts {
  return {
    pots: (pots) => favouritesFirst(pots, favourites),
    actions: ({ id, name }: Account) =>
      html`<a class="button quiet small" href=${moveHash(id)} aria-label=${move.openFor(name)}
        >${move.open}</a
      >`,
    beforePot: ({ id, name }: Pot) =>
      html`<button
        type="button"
        class="link tool star"
        aria-pressed=${favourites.has(id)}
        aria-label=${texts.favourite(name)}
        title=${texts.favourite(name)}
        @click=${() => favourites.toggle(id)}
      >
        ${drawing(star)}
      </button>`,
    afterPot: ({ id, name }: Pot) =>
      html`<a
        class="button link tool"
        href=${moveHash(id)}
        aria-label=${texts.moveWith(name)}
        title=${texts.moveWith(name)}
        >${drawing(arrows)}</a
      >`,
    outlook,
  };
}

/** The address of the dialog, opened for an account or a pot. */
export function moveHash(target: string): string {
  return hashOf(route('overview', { move: target }));
}

function drawing(path: string): TemplateResult {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">${svg`<path d=${path} />`}</svg>`;
}
