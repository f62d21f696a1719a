import { invoke } from '../commands/command.ts';
import { idSchema } from '../contract/elements.ts';
import { receiptBodySchema, receiptSchema } from '../contract/receipt-data.ts';
import { accountRefusals, bankRefusals } from '../refusals/refusal-sets.ts';
import { answers, type Api, type RouteOptions } from './api.ts';

/** The receipt of a transaction: the commands `receipt`, `add_receipt` and `remove_receipt` as one resource. */

const path = '/api/transactions/:id/receipt';
const tags = ['bank'];

export function addReceiptRoutes(app: Api, { services: { commands }, callerOf }: RouteOptions): void {
  const refusals = ['unknown_transaction', 'no_login', ...accountRefusals, ...bankRefusals] as const;
  type Asked = Parameters<typeof callerOf>[0] & { readonly params: { readonly id: string } };
  const run = async (request: Asked, name: string, body: object = {}) => {
    const asked = { transaction_id: request.params.id, ...body };
    const { data } = await invoke(commands, { name, body: asked, ...callerOf(request) });
    return receiptSchema.parse(data);
  };
  app.get(
    path,
    {
      schema: {
        operationId: 'showReceipt',
        tags,
        summary: 'The receipt that this bridge added to a transaction, as Monzo has it',
        params: idSchema,
        response: answers(200, receiptSchema, ...refusals),
      },
    },
    (request) => run(request, 'receipt'),
  );
  app.put(
    path,
    {
      schema: {
        operationId: 'addReceipt',
        tags,
        summary: 'Add a receipt to a transaction, which the Monzo app shows, or replace it',
        params: idSchema,
        body: receiptBodySchema,
        response: answers(200, receiptSchema, 'receipt_sum_wrong', 'receipt_tax_wrong', ...refusals),
      },
    },
    (request) => run(request, 'add_receipt', request.body),
  );
  app.delete(
    path,
    {
      schema: {
        operationId: 'removeReceipt',
        tags,
        summary: 'Remove the receipt that this bridge added to a transaction',
        params: idSchema,
        response: answers(200, receiptSchema, ...refusals),
      },
    },
    (request) => run(request, 'remove_receipt'),
  );
}
