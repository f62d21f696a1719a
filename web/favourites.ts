import { listOf, text } from './api/guards.ts';
import { createChoice, type Browser } from './choice.ts';

/** The pots that come first on the overview. */
export interface Favourites {
  readonly has: (pot: string) => boolean;
  readonly toggle: (pot: string) => void;
}

const areIds = listOf(text);

export function createFavourites(browser: Browser, onChange: () => void): Favourites {
  const choice = createChoice<readonly string[]>(browser, {
    key: 'monzo-bridge.favourite-pots',
    first: [],
    read: (written) => {
      const ids: unknown = JSON.parse(written);
      return areIds(ids) ? ids : null;
    },
    write: (ids) => JSON.stringify(ids),
    onChange,
  });
  const has = (pot: string) => choice.value.includes(pot);
  return {
    has,
    toggle: (pot) => choice.set(has(pot) ? choice.value.filter((id) => id !== pot) : [...choice.value, pot]),
  };
}

/** The favourites first; among them, and among the others, the order stays. */
export function favouritesFirst<Pot extends { readonly id: string }>(
  pots: readonly Pot[],
  { has }: Pick<Favourites, 'has'>,
): readonly Pot[] {
  return [...pots.filter(({ id }) => has(id)), ...pots.filter(({ id }) => !has(id))];
}
