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
