import type { Hass } from './hass.ts';

/** One part's texts in every language there is; the type of the English ones is the type of all. */
export interface Texts<Table> {
  readonly en: Table;
  readonly de: Table;
}

/** The texts in the person's language, and in English where there are none: `textsIn(hass, { en, de })`. */
export function textsIn<Table>(hass: Pick<Hass, 'language'>, texts: Texts<Table>): Table {
  const [language] = hass.language.split('-', 1);
  return language === 'de' ? texts.de : texts.en;
}
