import type { Schema } from './fuzzer.ts';

const text: Schema = { type: 'string' };
const amount: Schema = {
  enum: ['0.01', '0.02', '1', '1.00', '1.50', 0.5, 2, 3.07, '0', '-1', '1.001', 1e21, ''],
};
const account = text;

function body(required: readonly string[], properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', required, properties };
}

/** Moves come up more often: they are what could be wrong for ever. */
export function commandNames(): readonly string[] {
  return [...Object.keys(commandBodies), ...Array.from({ length: 8 }, () => 'pot_transfer')];
}

/** What each command takes: the private API's document leaves it open. */
export const commandBodies: Readonly<Record<string, Schema>> = {
  pot_transfer: body(['pot', 'transfer_type', 'amount'], {
    pot: text,
    transfer_type: { enum: ['deposit', 'withdraw'] },
    amount,
    account,
    request_id: text,
    dry_run: { type: 'boolean' },
  }),
  refresh: body([], { login: text }),
  transactions: body([], { account, pot: text, limit: { type: 'integer', minimum: 1, maximum: 50 } }),
  summary: body([], {}),
  register_webhook: body([], { account }),
  unregister_webhook: body([], { account }),
  feed_item: body(['account', 'title'], { account, title: text, body: text }),
  annotate: body(['transaction_id', 'notes'], { transaction_id: text, notes: text }),
  receipt: body(['transaction_id'], { transaction_id: text }),
  add_receipt: body(['transaction_id', 'items'], {
    transaction_id: text,
    items: {
      type: 'array',
      items: body(['description', 'amount_minor'], { description: text, amount_minor: { type: 'integer' } }),
    },
  }),
  remove_receipt: body(['transaction_id'], { transaction_id: text }),
  pause: body([], { transaction: {} }),
  resume: body([], {}),
  no_such_command: body([], { pot: text, amount }),
};
