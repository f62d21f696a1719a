import { textsIn, type Texts } from '../texts.ts';

/** Reading what a person wrote in a card's YAML, and the forms of the editor. */

const settingsTexts = {
  en: {
    account: 'Account',
    accounts: 'Accounts',
    pots: 'Pots',
    title: 'Title',
    hide_amounts: 'Hide amounts until they are tapped',
    wrong: (key: string, right: string) => `“${key}” must be ${right}.`,
    string: 'text',
    list: 'a list of device ids',
    boolean: 'true or false',
  },
  de: {
    account: 'Konto',
    accounts: 'Konten',
    pots: 'Töpfe',
    title: 'Titel',
    hide_amounts: 'Beträge verbergen, bis man sie antippt',
    wrong: (key: string, right: string) => `„${key}“ muss ${right} sein.`,
    string: 'ein Text',
    list: 'eine Liste von Geräte-Ids',
    boolean: 'true oder false',
  },
};

const deviceOf = (model: string, multiple: boolean) => ({
  device: { multiple, filter: [{ integration: 'mqtt', manufacturer: 'Monzo', model_id: model }] },
});

/** What each setting is, and how the editor asks for it. */
const fields = {
  title: ['string', { text: {} }],
  account: ['string', deviceOf('account', false)],
  accounts: ['list', deviceOf('account', true)],
  pots: ['list', deviceOf('pot', true)],
  hide_amounts: ['boolean', { boolean: {} }],
} as const;

type Key = keyof typeof fields;

/** Throws a sentence for the person who wrote the settings, where one of them is not what it must be. */
export function checkSettings(settings: object): void {
  const words = hereIn(settingsTexts);
  for (const [key, value] of Object.entries(settings)) {
    const [right] = fields[key as Key] ?? [];
    const kind = Array.isArray(value) ? 'list' : typeof value;
    if (right && kind !== 'undefined' && kind !== right) throw new Error(words.wrong(key, words[right]));
  }
}

/** A form of Home Assistant's for these settings. */
export function formFor(...keys: readonly Key[]) {
  return {
    schema: keys.map((name) => ({ name, selector: fields[name][1] })),
    computeLabel: ({ name }: { readonly name: Key }) => hereIn(settingsTexts)[name],
  };
}

/** The texts in the person's language where there is no `hass`: Home Assistant writes it on its page. */
export function hereIn<Table>(texts: Texts<Table>): Table {
  return textsIn({ language: document.documentElement.lang }, texts);
}
