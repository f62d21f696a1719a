import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import { commandShapes } from '../contract/command-data.ts';
import { mayTryAnew, moneyMovedIn, type Transfer } from '../domain/transfer.ts';
import { badRequest, reasonSentence, refuse } from '../refusals/refuse.ts';
import { moveRefusals } from '../refusals/refusal-sets.ts';
import type { Store } from '../store/store.ts';
import { command, type Command } from './command.ts';
import { amountOf, potIdOf, potMoveTarget, type NarrowingTools } from './targets.ts';
import type { TransferService } from './transfer/service.ts';
import type { TransferRequest } from './transfer/answer.ts';

export interface PotTransferTools extends NarrowingTools {
  readonly transferService: TransferService;
  readonly clock: Clock;
  readonly store: Pick<Store, 'transfers' | 'events' | 'ledger' | 'names'>;
}

const { body } = commandShapes.pot_transfer;

type Body = z.output<typeof body>;

/** Moves money between a pot and its account, at most once for each request id. */
export function potTransfer(tools: PotTransferTools): Command {
  return command({
    class: 'money',
    meaning: 'Moves money between a pot and its account, once for each request_id or event_id.',
    ...commandShapes.pot_transfer,
    refusals: moveRefusals,
    refusal: { money_moved: 'no', transfer_id: null },
    run: async (given, by) => {
      // Looking up a target in Home Assistant may take time, while the caller already waits.
      const caller = { ...by, since: by.since ?? tools.clock.monotonic() };
      return tools.transferService.move(await requestOf(tools, given), caller);
    },
    onRefusal: (refusal, { door, user, body: given }) =>
      tools.transferService.noteRefusal(refusal, { door, user, asked: asGiven(given) }),
  });
}

/** Records how a transfer ended whose outcome the bridge cannot find out. */
export function decideTransfer({ transferService }: PotTransferTools): Command {
  return command({
    class: 'private',
    meaning: 'Records whether a transfer took place whose outcome the bridge cannot find out.',
    ...commandShapes.decide_transfer,
    refusals: ['unknown_transfer', 'not_unresolved'],
    run: async ({ transfer_id: id, money_moved: moved }, caller) => {
      const transfer = transferService.decide(id, moved === 'yes', caller);
      const outcome = moneyMovedIn[transfer.state];
      const sentence = reasonSentence(transfer);
      return { status: 'done', data: { transfer_id: id, money_moved: outcome, sentence } };
    },
  });
}

async function requestOf(tools: PotTransferTools, given: Body): Promise<TransferRequest> {
  const { transfer_type: direction, amount, event_id: eventId } = given;
  if (given.request_id !== undefined && eventId !== undefined) throw badRequest([twoIds]);
  if (eventId !== undefined && tools.store.events.byId(eventId) === undefined)
    throw refuse('unknown_event', { id: eventId });
  const { accountId, potId, currency, logins } = await targetOf(tools, given);
  return {
    accountId,
    potId,
    direction,
    amount: amountOf(amount, currency),
    currency,
    requestId: requestIdOf(given, potId),
    logins,
    isTrial: given.dry_run ?? false,
    isByEvent: eventId !== undefined,
  };
}

function requestIdOf({ request_id: id, event_id: eventId, transfer_type: direction }: Body, potId: string) {
  return id ?? (eventId === undefined ? null : `${eventId}/${potId}/${direction}`);
}

/** A repetition is answered even where the move itself would be refused by now, however it names the pot. */
async function targetOf(tools: PotTransferTools, given: Body): Promise<Target> {
  const { pot, account, transfer_type: direction } = given;
  try {
    const found = await potMoveTarget(tools, { pot, account, direction });
    const { id: potId, currency } = found.pot;
    return { potId, accountId: found.account.id, currency, logins: found.logins };
  } catch (thrown) {
    const potId = await potIdOf(tools, pot).catch(() => pot);
    const id = requestIdOf(given, potId);
    const known = id === null ? undefined : tools.store.transfers.byRequestId(id);
    const isRepeated = known?.potId === potId && known.direction === direction && !mayTryAnew(known);
    if (isRepeated) return { ...known, logins: [] };
    throw thrown;
  }
}

type Target = Pick<Transfer, 'potId' | 'accountId' | 'currency'> & Pick<TransferRequest, 'logins'>;

/** The request as it was given, for the audit of one that was not understood or not let in; everything is cut short. */
function asGiven(given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null) return {};
  const known = Object.entries(given).filter(([key]) => Object.hasOwn(body.shape, key));
  return Object.fromEntries(
    known.map(([key, value]) => [key, key === 'amount' ? cutShort(value) : shown(value)]),
  );
}

function shown(value: unknown): unknown {
  return typeof value === 'boolean'
    ? value
    : typeof value === 'string'
      ? value.slice(0, 200)
      : cutShort(value);
}

function cutShort(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 60);
}

const twoIds = {
  field: 'event_id',
  rule: 'must be left out where request_id is given: each alone identifies the move',
};
