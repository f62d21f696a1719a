import { textsIn, type Texts } from '../texts.ts';

/** Reading what a person wrote in a card's YAML, and the forms of the editor. */

const settingsTexts = {
  en: {
    account: 'Account',
    pots: 'Pots',
    title: 'Title',
    hide_amounts: 'Hide amounts until they are tapped',
    wrong: (key: string, right: string) => `“${key}” must be ${right}.`,
    text: 'text',
    list: 'a list of device ids',
    flag: 'true or false',
  },
  de: {
    account: 'Konto',
    pots: 'Töpfe',
    title: 'Titel',
    hide_amounts: 'Beträge verbergen, bis man sie antippt',
    wrong: (key: string, right: string) => `„${key}“ muss ${right} sein.`,
    text: 'ein Text',
    list: 'eine Liste von Geräte-Ids',
    flag: 'true oder false',
  },
};

const isText = (value: unknown) => typeof value === 'string';
const deviceOf = (model: string, multiple: boolean) => ({
  device: { multiple, filter: [{ integration: 'mqtt', manufacturer: 'Monzo', model_id: model }] },
});

/** What each setting must be, and how the editor asks for it. */
const fields = {
  title: ['text', isText, { text: {} }],
  account: ['text', isText, deviceOf('account', false)],
  pots: ['list', (value: unknown) => Array.isArray(value) && value.every(isText), deviceOf('pot', true)],
  hide_amounts: ['flag', (value: unknown) => typeof value === 'boolean', { boolean: {} }],
} as const;

type Key = keyof typeof fields;

/** Throws a sentence for the person who wrote the settings, where one of them is not what it must be. */
export function checkSettings(settings: object): void {
  for (const [key, value] of Object.entries(settings)) {
    const [right, isRight] = fields[key as Key] ?? [];
    const words = hereIn(settingsTexts);
    if (right && value !== undefined && !isRight(value)) throw new Error(words.wrong(key, words[right]));
  }
}

/** A form of Home Assistant's for these settings. */
export function formFor(keys: readonly Key[]) {
  return {
    schema: keys.map((name) => ({ name, selector: fields[name][2] })),
    computeLabel: ({ name }: { readonly name: Key }) => hereIn(settingsTexts)[name],
  };
}

/** The texts in the person's language where there is no `hass`: Home Assistant writes it on its page. */
export function hereIn<Table>(texts: Texts<Table>): Table {
  return textsIn({ language: document.documentElement.lang }, texts);
}
