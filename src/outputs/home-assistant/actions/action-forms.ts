import { transactionKinds } from '../../../domain/transaction.ts';

/** One field of an action's form; `selector` is Home Assistant's own. */
export interface Field {
  readonly name: string;
  readonly description: string;
  readonly selector: Readonly<Record<string, unknown>>;
  readonly required?: true;
  readonly example?: string;
}

/** An action in Home Assistant, `script.monzo_<command>`, whose fields are the members of the command's body. */
export interface ActionForm {
  readonly command: string;
  readonly alias: string;
  readonly icon: string;
  readonly fields: Readonly<Record<string, Field>>;
}

const devices = 'Choose a device, or enter a name or an id of Monzo’s.';
const text = { text: {} };
const lines = { text: { multiline: true } };
const money = { number: { min: 0, step: 0.01, mode: 'box' } };
const webAddress = { text: { type: 'url' } };

const deviceOf = (kind: 'account' | 'pot') => ({
  device: { filter: [{ integration: 'mqtt', manufacturer: 'Monzo', model_id: kind }] },
});
const anAccount = deviceOf('account');
const aPot = deviceOf('pot');

const oneAccount: Field = {
  name: 'Account',
  description: 'Leave empty for all accounts.',
  selector: anAccount,
};

const optionOf = (kind: string) => ({ value: kind, label: sentenceCase(kind) });

function sentenceCase(word: string): string {
  const words = word.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Every action there is; one is offered where the bridge has its command. */
export const actionForms: readonly ActionForm[] = [
  {
    command: 'pot_transfer',
    alias: 'Monzo: move money to or from a pot',
    icon: 'mdi:piggy-bank',
    fields: {
      pot: { name: 'Pot', description: devices, required: true, selector: aPot },
      transfer_type: {
        name: 'Direction',
        description: 'Into the pot or out of it.',
        required: true,
        selector: {
          select: {
            options: [
              { value: 'deposit', label: 'Into the pot' },
              { value: 'withdraw', label: 'Out of the pot' },
            ],
          },
        },
      },
      amount: {
        name: 'Amount',
        description: 'In pounds, or in the currency of the account.',
        required: true,
        example: '12.50',
        // A number box gives a double whose shortest decimal text is what was typed.
        selector: { number: { min: 0.01, step: 0.01, mode: 'box' } },
      },
      account: {
        name: 'Account',
        description: 'Leave empty for the account that the pot belongs to.',
        selector: anAccount,
      },
      event_id: {
        name: 'Event id',
        description:
          'The event_id of the transaction that causes this move. The same move with the same event_id moves money only once.',
        example: '{{ trigger.payload_json.event_id }}',
        selector: text,
      },
      request_id: {
        name: 'Request id',
        description:
          'Your own name for this move. However often it is used, a request_id moves money only once.',
        example: 'rent-{{ now().strftime("%Y-%m") }}',
        selector: text,
      },
      dry_run: {
        name: 'Dry run',
        description: 'Checks everything, but moves no money.',
        selector: { boolean: {} },
      },
    },
  },
  {
    command: 'transactions',
    alias: 'Monzo: list transactions',
    icon: 'mdi:format-list-bulleted',
    fields: {
      account: { name: 'Account', description: 'Leave empty for all accounts.', selector: anAccount },
      pot: { name: 'Pot', description: 'Only money that went into or out of this pot.', selector: aPot },
      q: {
        name: 'Text',
        description: 'Words or beginnings of words, such as a shop or a note.',
        selector: text,
      },
      kind: {
        name: 'Kind',
        description: 'Such as card payment or incoming payment.',
        selector: { select: { mode: 'dropdown', options: transactionKinds.map(optionOf) } },
      },
      category: { name: 'Category', description: 'Monzo’s own word, such as groceries.', selector: text },
      since: { name: 'From', description: 'The first day.', example: '2026-03-01', selector: { date: {} } },
      before: { name: 'Until', description: 'The day after the last one.', selector: { date: {} } },
      min: { name: 'Smallest amount', description: 'In or out.', selector: money },
      max: { name: 'Largest amount', description: 'In or out.', selector: money },
      limit: {
        name: 'How many',
        description: 'The newest so many; 20 if left empty.',
        selector: { number: { min: 1, max: 50, mode: 'box' } },
      },
      cursor: {
        name: 'Older than',
        description: 'What the answer before had in “next”, for the transactions that are older.',
        selector: text,
      },
    },
  },
  {
    command: 'summary',
    alias: 'Monzo: balances and spending',
    icon: 'mdi:bank',
    fields: {},
  },
  {
    command: 'refresh',
    alias: 'Monzo: refresh now',
    icon: 'mdi:refresh',
    fields: {
      login: {
        name: 'Login',
        description: 'The id of one login. Leave empty for all logins.',
        selector: text,
      },
    },
  },
  {
    command: 'feed_item',
    alias: 'Monzo: add an item to the feed',
    icon: 'mdi:card-text-outline',
    fields: {
      account: { name: 'Account', description: devices, required: true, selector: anAccount },
      title: { name: 'Title', description: 'The first line of the item.', required: true, selector: text },
      body: { name: 'Text', description: 'Shown below the title.', selector: lines },
      image_url: {
        name: 'Image',
        description: 'The address of an image. Leave empty for a simple one.',
        selector: webAddress,
      },
      url: { name: 'Link', description: 'The address that a tap on the item opens.', selector: webAddress },
    },
  },
  {
    command: 'annotate',
    alias: 'Monzo: write a note on a transaction',
    icon: 'mdi:note-edit-outline',
    fields: {
      transaction_id: {
        name: 'Transaction id',
        description: 'Monzo’s id of the transaction; every event carries it.',
        required: true,
        example: '{{ trigger.payload_json.data.id }}',
        selector: text,
      },
      notes: {
        name: 'Note',
        description: 'Replaces the present note; an empty one removes it.',
        required: true,
        selector: lines,
      },
    },
  },
  {
    command: 'register_webhook',
    alias: 'Monzo: register the webhook of an account',
    icon: 'mdi:bell-ring-outline',
    fields: { account: oneAccount },
  },
  {
    command: 'unregister_webhook',
    alias: 'Monzo: remove the webhook of an account',
    icon: 'mdi:bell-off-outline',
    fields: { account: oneAccount },
  },
];

/** What every action offers beside the command's own members: it is the script's, and never sent to the bridge. */
export const onFailure: Field = {
  name: 'On failure',
  description:
    'Fail: the calling automation stops with the reason. Answer: it continues, and the response says in “status” what became of it.',
  selector: {
    select: {
      options: [
        { value: 'fail', label: 'Fail' },
        { value: 'answer', label: 'Answer' },
      ],
    },
  },
};

/** The name of the script behind an action; the action itself is `script.<slug>`. */
export function slugOf({ command }: Pick<ActionForm, 'command'>): string {
  return `monzo_${command}`;
}
