import { html, svg, type TemplateResult } from 'lit';

/** The drawing of each category, in lines on a field of 24 by 24. */
const drawings = {
  general: 'M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM14 14h5v5h-5z',
  eating_out: 'M7 3v5a2.5 2.5 0 0 0 5 0V3M9.5 3v18M17.5 21V3c-2.2 1.8-3 5-3 10h3',
  expenses: 'M4 8h16v11H4zM9 8V5h6v3M4 13h16M12 12v2',
  transport: 'M7 4h10a3 3 0 0 1 3 3v9H4V7a3 3 0 0 1 3-3zM4 11h16M8 13.5h.01M16 13.5h.01M7 16v3.5M17 16v3.5',
  cash: 'M3 7h18v10H3zM12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM6 12h.01M18 12h.01',
  bills: 'M6 3h9l3 3v15H6zM9 10h6M9 13.5h6M9 17h3',
  entertainment:
    'M3 7h18v3.2a1.8 1.8 0 0 0 0 3.6V17H3v-3.2a1.8 1.8 0 0 0 0-3.6zM14.5 7v1M14.5 11.5v1M14.5 16v1',
  shopping: 'M5 8.5h14L18 20H6zM9 11V7a3 3 0 0 1 6 0v4',
  holidays:
    'M8 13.5a4 4 0 1 1 8 0M12 4v2M4.5 7.5l1.4 1.4M19.5 7.5l-1.4 1.4M3 17q2.25-2 4.5 0t4.5 0 4.5 0 4.5 0M6 20.5q2-1.6 4 0t4 0 4 0',
  groceries: 'M3 4h2.5l2.3 11h9.7l2-8H6.1M9 19a.8.8 0 1 1 0 .01M16.5 19a.8.8 0 1 1 0 .01',
  income: 'M12 4v10M8 10.5l4 4 4-4M4 15v5h16v-5',
  savings: 'M7 3h10M8.5 3v3C6.5 7 5 8.5 5 11v7a3 3 0 0 0 3 3h8a3 3 0 0 0 3-3v-7c0-2.5-1.5-4-3.5-5V3M5 13h14',
  transfers: 'M4 8h15M15.5 4.5L19 8l-3.5 3.5M20 16H5M8.5 12.5L5 16l3.5 3.5',
  gifts: 'M4 9h16v4H4zM6 13v8h12v-8M12 9v12M12 9C8 9 7 7.5 7.5 5.5S11 4 12 9c1-5 4-5.5 4.5-3.5S16 9 12 9',
  family:
    'M8.5 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM3 20c0-4 2.2-6 5.5-6s5.5 2 5.5 6M16.5 8a2.2 2.2 0 1 1 0 4.4M17 15.5c2.5.3 4 2 4 4.5',
  personal_care: 'M8 10h8v9a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2zM10.5 10V6.5M13.5 10V6.5M9 6.5h6M12 6.5V3.5h4.5',
  finances: 'M4 4v16h16M7.5 15l4-5 3 3 5-7',
  charity: 'M12 20C5.5 15.5 3 12 4 8.5c.9-3.3 5.2-4.2 8-.5 2.8-3.7 7.1-2.8 8 .5 1 3.5-1.5 7-8 11.5z',
  custom: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01',
} as const;

/** How a category looks: its colour is the style sheet's `--category-…`, its class `look-…`. */
export type Look = keyof typeof drawings;

export const looks = Object.keys(drawings) as readonly Look[];

const isLook = (name: string): name is Look => Object.hasOwn(drawings, name);

/** Names that Monzo gave to what is something else today. */
const formerNames: ReadonlyMap<string, Look> = new Map([['mondo', 'income']]);

/** The look of a category; those that people made have one, and those that are new to the page that of “General”. */
export function lookOf(category: string): Look {
  if (isLook(category)) return category;
  return formerNames.get(category) ?? (category.startsWith('category_') ? 'custom' : 'general');
}

/** The look of a transaction. Monzo gives moves of pots any category. */
export function lookOfRow({ kind, category }: { readonly kind: string; readonly category: string }): Look {
  return kind.startsWith('pot_') ? 'savings' : lookOf(category);
}

/** The name of a look’s colour, a custom property of the page. */
export function colourNameOf(look: Look): `--category-${string}` {
  return `--category-${worded(look)}`;
}

/** The class whose elements know the look’s colour, as `--look`. */
export function lookClass(look: Look): string {
  return `look-${worded(look)}`;
}

/** The sign of a category: its drawing on its colour. What it means has to stand beside it in words. */
export function categoryMark(look: Look, size: 'small' | '' = ''): TemplateResult {
  return html`<span class="mark ${lookClass(look)} ${size}" aria-hidden="true">
    <svg viewBox="0 0 24 24">${svg`<path d=${drawings[look]}></path>`}</svg>
  </span>`;
}

function worded(look: Look): string {
  return look.replaceAll('_', '-');
}
