import { transactionDetailSchema } from '../contract/bank-data.ts';
import { receiptSchema, type NewReceipt, type ReceiptItem } from '../contract/receipt-data.ts';
import { readDecimal } from '../domain/amount.ts';
import type { Currency } from '../domain/values.ts';
import { refuse } from '../refusals/refuse.ts';
import { money, prose, table, type Shown } from './layout.ts';
import { asking, part, wordsIn, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const pathOf = (id: string | undefined) => `/api/transactions/${part(id)}/receipt`;

/** `monzo-bridge receipt …`: the receipt that the Monzo app shows with a transaction. */
export const receiptVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'receipt show',
    words: '<transaction>',
    meaning: 'show the receipt that this bridge added to a transaction',
    example: 'tx_0000ABC',
    call: ({ words: [id] }) => ({ path: pathOf(id) }),
    answer: receiptSchema,
    shown: receiptLines,
  }),
  asking({
    verb: 'receipt add',
    words: '<transaction>',
    meaning: 'add a receipt to a transaction, which the Monzo app shows, or replace it',
    example: 'tx_0000ABC --item "Tea=2.50" "Cake=4.15" --tax "VAT=1.11"',
    options: [
      [
        '--item <lines...>',
        'the lines, which add up to what was paid: "Tea=2.50"; a discount as "Voucher=-1.00"',
      ],
      ['--tax <taxes...>', 'taxes shown below, which the lines hold already: "VAT=1.11"'],
    ],
    call: async ({ words: [id], options }, { client }) => {
      const path = `/api/transactions/${part(id)}`;
      const { local_currency: currency } = await client.json(transactionDetailSchema, { path });
      const lines = (name: string) => wordsIn(options[name]).map((line) => lineOf(line, currency));
      const body: NewReceipt = { items: lines('item'), taxes: lines('tax') };
      return { method: 'PUT', path: pathOf(id), body };
    },
    answer: receiptSchema,
    shown: receiptLines,
  }),
  asking({
    verb: 'receipt remove',
    words: '<transaction>',
    meaning: 'remove the receipt that this bridge added to a transaction',
    example: 'tx_0000ABC',
    call: ({ words: [id] }) => ({ method: 'DELETE', path: pathOf(id) }),
    answer: receiptSchema,
    shown: () => 'There is no receipt any more.',
  }),
];

/** `Tea=2.50`, in major units. Throws `bad_request`, `bad_amount`. */
function lineOf(line: string, currency: Currency) {
  const [, description = '', sign = '', amount] = /^(.+)=\s*(-?)([^=]*)$/.exec(line) ?? [];
  if (amount === undefined)
    throw new CommandFailure('bad_request', 'Write a line as what it is and its amount: "Tea=2.50"');
  const read = readDecimal(amount, currency);
  if ('wrong' in read) throw refuse('bad_amount', { wrong: read.wrong });
  return { description, amount_minor: sign === '-' ? -read.amount : read.amount };
}

function receiptLines({ receipt }: ReceiptItem): Shown {
  if (receipt === null) return 'This bridge has added no receipt to the transaction.';
  const { currency, items, taxes, total_minor: total } = receipt;
  const rows = [
    ...items.map(({ description, quantity, unit, amount_minor: minor }) => [
      description,
      quantity === 1 && unit === null ? '' : `${quantity} ${unit ?? ''}`.trim(),
      money(minor, currency),
    ]),
    ['total', '', money(total, currency)],
    ...taxes.map(({ description, amount_minor: minor }) => [
      `of which ${description}`,
      '',
      money(minor, currency),
    ]),
  ];
  return table([prose('WHAT'), 'HOW MANY', 'AMOUNT'], rows);
}
