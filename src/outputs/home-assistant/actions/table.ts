/** One field of an action's form; `selector` is Home Assistant's own. */
export interface Field {
  readonly name: string;
  readonly description: string;
  readonly selector: Readonly<Record<string, unknown>>;
  readonly required?: true;
  readonly example?: string;
}

/** An action in Home Assistant: `script.monzo_<command>`, whose fields are the members of the command's body. */
export interface Action {
  readonly command: string;
  readonly alias: string;
  readonly icon: string;
  readonly fields: Readonly<Record<string, Field>>;
}

const devices = 'Choose the device, or enter its name or Monzo’s id.';
const text = { text: {} };
const lines = { text: { multiline: true } };
const webAddress = { text: { type: 'url' } };

/** Of our devices only accounts have event entities. */
const anAccount = {
  device: {
    filter: [{ integration: 'mqtt', manufacturer: 'Monzo' }],
    entity: [{ integration: 'mqtt', domain: 'event' }],
  },
};
const aPot = { device: { filter: [{ integration: 'mqtt', manufacturer: 'Monzo', model: 'Pot' }] } };

const oneAccount: Field = {
  name: 'Account',
  description: 'Leave it empty for all accounts.',
  selector: anAccount,
};

/** Every action there is; one is offered while the table of commands has its command. */
export const actions: readonly Action[] = [
  {
    command: 'pot_transfer',
    alias: 'Monzo: move money to or from a pot',
    icon: 'mdi:piggy-bank',
    fields: {
      pot: { name: 'Pot', description: devices, required: true, selector: aPot },
      transfer_type: {
        name: 'Direction',
        description: 'Into the pot, or out of it.',
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
        // A box hands on what was typed as a number, whose shortest decimal text is what was typed.
        selector: { number: { min: 0.01, step: 0.01, mode: 'box' } },
      },
      account: {
        name: 'Account',
        description: 'Leave it empty for the account that the pot belongs to.',
        selector: anAccount,
      },
      event_id: {
        name: 'Event',
        description:
          'The event_id of the transaction that this answers. Repeated with the same one, it moves nothing a second time.',
        example: '{{ trigger.payload_json.event_id }}',
        selector: text,
      },
      request_id: {
        name: 'Request',
        description:
          'A word of your own for this move. Repeated with the same one, at any time, it moves nothing a second time.',
        example: 'rent-{{ now().strftime("%Y-%m") }}',
        selector: text,
      },
      dry_run: {
        name: 'Only try',
        description: 'Checks everything and moves nothing.',
        selector: { boolean: {} },
      },
    },
  },
  {
    command: 'refresh',
    alias: 'Monzo: read everything now',
    icon: 'mdi:refresh',
    fields: {
      login: {
        name: 'Login',
        description: 'The id of one login; leave it empty for all.',
        selector: text,
      },
    },
  },
  {
    command: 'feed_item',
    alias: 'Monzo: put an item into the feed',
    icon: 'mdi:card-text-outline',
    fields: {
      account: { name: 'Account', description: devices, required: true, selector: anAccount },
      title: { name: 'Title', description: 'The first line.', required: true, selector: text },
      body: { name: 'Text', description: 'What stands below the title.', selector: lines },
      image_url: {
        name: 'Picture',
        description: 'The address of a picture; without one, a simple one is shown.',
        selector: webAddress,
      },
      url: { name: 'Link', description: 'What opens on a tap.', selector: webAddress },
    },
  },
  {
    command: 'annotate',
    alias: 'Monzo: write a note on a transaction',
    icon: 'mdi:note-edit-outline',
    fields: {
      transaction_id: {
        name: 'Transaction',
        description: 'Monzo’s id of it, as events carry it.',
        required: true,
        example: '{{ trigger.payload_json.data.id }}',
        selector: text,
      },
      notes: {
        name: 'Note',
        description: 'Replaces the note that is there; empty takes it away.',
        required: true,
        selector: lines,
      },
    },
  },
  {
    command: 'register_webhook',
    alias: 'Monzo: let Monzo ring for an account',
    icon: 'mdi:bell-ring-outline',
    fields: { account: oneAccount },
  },
  {
    command: 'unregister_webhook',
    alias: 'Monzo: stop Monzo’s ringing for an account',
    icon: 'mdi:bell-off-outline',
    fields: { account: oneAccount },
  },
];

/** The name of the script behind an action; the action itself is `script.<slug>`. */
export function slugOf({ command }: Pick<Action, 'command'>): string {
  return `monzo_${command}`;
}
