import type { RailFacts } from '../domain/rails.ts';
import type { Transfer } from '../domain/transfer.ts';
import { amountText } from '../domain/values.ts';
import { mistakesText, type Mistake } from './mistakes.ts';
import { moveText } from './outcome-refusals.ts';
import { sentence, sentenceBy, type RefusalGroup } from './sentence.ts';

/** Something with a name that could be meant. */
export interface Choice {
  readonly id: string;
  readonly name: string;
}

const oneOfThese = sentence<{ choices: readonly Choice[] }>`There are: ${({ choices }) =>
  choices.map(({ id, name }) => `“${name}” (${id})`).join(', ') || 'none yet'}.`;

export const requests = {
  unknown_command: {
    status: 404,
    says: sentence<{ name: string }>`There is no command ${'name'}.`,
    next: sentence<{
      commands: readonly string[];
    }>`There are: ${({ commands }) => commands.join(', ')}.`,
    help: 'use one of the commands that it names',
  },
  bad_request: {
    status: 400,
    says: sentenceBy('by', {
      bridge: sentence<{ mistakes: readonly Mistake[] }>`${mistakesText}`,
      monzo: 'Monzo refused the request as it was made. Check what was asked for.',
    }),
    help: 'the sentence names the field that is wrong, and what would be right',
  },
  not_allowed: {
    status: 403,
    says: sentenceBy('door', {
      private: sentence<{
        command: string;
      }>`Only people who sign in may use ${'command'}: use the bridge’s page, HTTP or the command line.`,
      mqtt: sentence<{
        command: string;
        setting: string;
      }>`MONZO_BRIDGE_MQTT_COMMANDS is ${'setting'}, which does not open ${'command'} to the broker.`,
      home_assistant: sentenceBy('setting', {
        nobody: 'Home Assistant may not move money: MONZO_BRIDGE_HOME_ASSISTANT_MONEY is nobody.',
        administrators:
          'Only administrators of Home Assistant and automations may move money. Ask an administrator. Unless the bridge is a Home Assistant app, MONZO_BRIDGE_HOME_ASSISTANT_MONEY can allow everyone.',
      }),
    }),
    help: 'ask over HTTP or on the command line, or change the setting that the sentence names',
    needsPerson: true,
  },
  reading_not_allowed: {
    status: 403,
    says: 'Only administrators of Home Assistant and automations may read balances and transactions.',
    next: 'Ask an administrator, who can let everyone do so on the bridge’s page under Settings → Actions in Home Assistant.',
    help: 'ask as an administrator, or let everyone in the household read on the page under Settings → Actions in Home Assistant',
    needsPerson: true,
  },
  answer_not_taken: {
    status: 502,
    says: sentence<{
      status: number;
    }>`Home Assistant did not let the answer through to the action (HTTP ${'status'}).`,
    next: 'If its configuration.yaml has no default_config:, add webhook: and restart Home Assistant; let a reverse proxy in front of it pass /api/webhook/.',
    help: 'Home Assistant needs its webhook integration, which default_config: brings, and a reverse proxy must pass `/api/webhook/`',
  },
  retained_request: {
    status: 400,
    says: 'Requests must not be retained.',
    next: 'Publish it again without the retain flag.',
    help: 'clear the topic with an empty retained message, then publish without the flag',
  },
  expired_request: {
    status: 400,
    says: 'The request arrived after it had expired.',
    next: 'If you still mean it, publish it again.',
    help: 'publish it again if you still mean it; if it comes back, check the clocks of both machines',
  },
  too_many_requests: {
    status: 429,
    says: 'More requests came over MQTT than the bridge can answer, so this one was not read.',
    next: 'Ask again in a minute.',
    help: 'find the program that publishes so many requests, and restrict who may; ask over HTTP or on the command line meanwhile',
    retryable: true,
  },
  needs_mqtt_5: {
    status: 403,
    says: 'Money moves only over MQTT 5. This broker speaks 3.1.1, where an old request cannot be told from a new one.',
    next: 'Use a broker that speaks MQTT 5, or ask over HTTP or on the command line.',
    help: 'use Mosquitto or another broker that speaks MQTT 5; the demo’s own does not',
  },
  unknown_login: {
    status: 404,
    says: sentence<{ id: string }>`There is no login ${'id'}.`,
    next: 'The list of logins shows all of them.',
    help: '`monzo-bridge login list` shows all logins',
  },
  nothing_read: {
    status: 409,
    says: 'Nothing was read from Monzo.',
    next: sentence<{ reason: string }>`${'reason'}`,
    help: 'do what the end of the sentence says, then ask again',
    needsPerson: true,
  },
  unknown_transaction: {
    status: 404,
    says: sentence<{ id: string }>`There is no transaction ${'id'}.`,
    next: 'The list of transactions shows all of them.',
    help: 'use an id from `monzo-bridge transactions` or from an event',
  },
  unknown_category: {
    status: 404,
    says: 'There is no such category.',
    next: oneOfThese,
    help: 'use one of the names or ids in the sentence',
  },
  ambiguous_category: {
    status: 409,
    says: 'Several categories have that name.',
    next: oneOfThese,
    help: 'use one of the ids in the sentence',
  },
  receipt_sum_wrong: {
    status: 422,
    says: sentence<{
      sum: string;
      total: string;
      difference: string;
    }>`The lines of the receipt add up to ${'sum'}, and ${'total'} was paid: that differs by ${'difference'}.`,
    next: 'Nothing was sent to Monzo.',
    help: 'give each line as it was paid, a discount as a negative one, in the currency in which it was paid',
  },
  receipt_tax_wrong: {
    status: 422,
    says: sentence<{ line: number | null; tax: string; amount: string }>`The tax of ${({ line }) =>
      line === null
        ? 'the receipt'
        : `line ${line}`} is ${'tax'}, more than the ${'amount'} that it is part of.`,
    next: 'Nothing was sent to Monzo.',
    help: 'give each tax as the part of what was paid that it is; a discount has none',
  },
} as const satisfies RefusalGroup;

export const targets = {
  unknown_account: {
    status: 404,
    says: 'There is no such account.',
    next: oneOfThese,
    help: 'use one of the names or ids in the sentence; a device or entity of Home Assistant is understood only with a token',
  },
  ambiguous_account: {
    status: 409,
    says: 'Several accounts have that name.',
    next: oneOfThese,
    help: 'use one of the names or ids in the sentence',
  },
  account_closed: {
    status: 409,
    says: 'That account is closed.',
    next: oneOfThese,
    help: 'use another account',
  },
  no_login: {
    status: 409,
    says: sentence<{ account: string | null }>`No login can act on ${({ account }) =>
      account === null ? 'this account' : `“${account}”`} now, so nothing was sent to Monzo.`,
    next: sentence<{ needs: string | null }>`${({ needs }) => needs ?? 'Connect one on the bridge’s page.'}`,
    help: 'do what the end of the sentence says, most often approve the access in the Monzo app; then ask again',
    needsPerson: true,
  },
} as const satisfies RefusalGroup;

export const pots = {
  bad_amount: {
    status: 400,
    says: sentence<{ wrong: string }>`${'wrong'}`,
    help: 'write the amount as the sentence says: digits and at most one point, in pounds and not in pence',
  },
  unknown_pot: {
    status: 404,
    says: 'There is no such pot.',
    next: oneOfThese,
    help: 'use one of the names or ids in the sentence; a device or entity of Home Assistant is understood only with a token',
  },
  ambiguous_pot: {
    status: 409,
    says: 'Several pots have that name.',
    next: oneOfThese,
    help: 'use one of the names or ids in the sentence, or name the account as well',
  },
  pot_deleted: {
    status: 409,
    says: sentenceBy('by', {
      bridge: 'That pot was deleted.',
      monzo: 'Monzo refused because the pot or the account no longer exists.',
    }),
    next: sentenceBy('by', { bridge: oneOfThese, monzo: 'Refresh, then choose another.' }),
    help: 'use another pot',
  },
  pot_locked: {
    status: 409,
    says: sentenceBy('by', {
      bridge: sentence<{ pot: string }>`“${'pot'}” is locked, so nothing can be taken out.`,
      monzo: 'Monzo refused because the pot is locked.',
    }),
    next: 'Unlock it in the Monzo app, then ask again.',
    help: 'unlock it in the Monzo app, then ask again, with the same `request_id` or `event_id`; paying into it works all the same',
  },
  pot_missing: {
    status: 409,
    says: sentence<{
      pot: string;
    }>`Monzo’s last list left out “${'pot'}”, which was there before, so the bridge checks whether it still exists.`,
    next: 'Look for the pot in the Monzo app, and ask again in five minutes.',
    help: 'wait for five minutes: the bridge lists the pots again, then the pot is either back or gone; if it is there in the Monzo app, ask again',
  },
  pot_account_mismatch: {
    status: 409,
    says: sentenceBy('by', {
      bridge: sentence<{ pot: string; account: string | null }>`“${'pot'}” belongs to ${({ account }) =>
        account === null
          ? 'another account'
          : `“${account}”`}, and a pot moves money only with its own account.`,
      monzo: 'Monzo refused because the pot belongs to another account.',
    }),
    next: 'Leave the account out, or name that one.',
    help: 'leave the account out; moving between accounts takes two moves, and Monzo allows none between a sole and a joint account',
  },
  account_without_pots: {
    status: 409,
    says: sentence<{
      account: string;
      type: string;
    }>`“${'account'}” is a ${'type'} account, which has no pots to move money with.`,
    next: 'Leave the account out: the bridge then uses the pot’s own.',
    help: 'leave the account out',
  },
} as const satisfies RefusalGroup;

type Amount = RailFacts<'per_move_cap'>;
type BelowFloor = RailFacts<'below_floor'>;

const shown = ({ amount, currency }: Amount) => amountText(amount, currency);

const onLimits = 'on the bridge’s page under Settings → Limits';

/** Why the bridge itself paused money moves. */
export const pauseSentences = {
  foreign_move:
    'Monzo shows a money move of a bridge that this one has no record of: another bridge moves money too, or this database is an old copy. Check the newest moves in the Monzo app, make sure that only one bridge runs, then resume.',
  old_backup:
    'The database was restored from a backup that is so old that Monzo may no longer show every money move made since. Wait until everyone has signed in again and the history is read, check the limits and the newest moves, then resume.',
  long_unused:
    'No bridge ran with this database for so long that Monzo may no longer show every money move of that time: if the database is an old copy, another one may have made moves that this one has no record of. Wait until everyone has signed in again and the history is read, check the newest moves in the Monzo app, then resume.',
  other_amount:
    'Monzo shows a money move under an id of this bridge with another amount than was requested. Check it in the Monzo app, then resume.',
  unknown:
    'The bridge paused money moves by itself before it was upgraded. Check the newest moves in the Monzo app, make sure that only one bridge runs, then resume.',
} as const;

/** The limits that money moves must stay inside; the page sets them under Settings → Limits. */
export const rails = {
  paused: {
    status: 409,
    says: sentenceBy('reason', { person: 'Money moves are paused.', ...pauseSentences }),
    next: 'Resume on the bridge’s page, or with: monzo-bridge resume',
    help: 'read why it was paused, then resume on the page or with `monzo-bridge resume`',
  },
  pot_not_allowed: {
    status: 403,
    says: 'The limits do not let money move into or out of this pot.',
    next: `Add it to them ${onLimits}.`,
    help: 'add the pot to the limits, or let all pots be moved',
  },
  per_move_cap: {
    status: 403,
    says: sentence<Amount>`One move may be at most ${shown}.`,
    next: `Move less, or raise the limit ${onLimits}.`,
    help: 'move less, or raise the limit of a single move',
  },
  per_day_cap: {
    status: 403,
    says: sentence<Amount>`You can move up to ${shown} more today; unconfirmed moves count.`,
    next: `Wait for tomorrow, or raise the limit ${onLimits}.`,
    help: 'wait for tomorrow, or raise the limit of a day',
  },
  below_floor: {
    status: 403,
    says: sentence<BelowFloor>`The account has ${({ available, currency }) => shown({ amount: available, currency })} and must keep ${({ floor, currency }) => shown({ amount: floor, currency })}.`,
    next: `Move less, or lower what it must keep ${onLimits}.`,
    help: 'move less, or lower the minimum; unconfirmed deposits count as gone',
  },
  cooldown: {
    status: 429,
    says: 'The same move was made just now.',
    next: sentence<
      RailFacts<'cooldown'>
    >`To make another one, give each move its own request_id, or wait ${'seconds'} s.`,
    help: 'give every move its own `request_id`; the bridge can then tell a repetition from a second move',
  },
  outcome_unknown: {
    status: 409,
    says: sentence<
      RailFacts<'outcome_unknown'>
    >`The outcome of the same move, requested before as ${'transfer'}, is still unknown.`,
    next: 'Wait for that outcome: the bridge’s page shows it under Activity.',
    help: 'wait for its outcome, or record it where it is left to a person (the page, Activity)',
  },
  clock_differs: {
    status: 409,
    says: sentence<{ seconds: number }>`This machine’s clock and Monzo’s differ by ${'seconds'} s.`,
    next: 'Correct the clock and ask again.',
    help: 'let the machine set its clock by itself (NTP)',
  },
  bank_time_unknown: {
    status: 409,
    says: 'Monzo’s answers did not say what time it is there, so it is not certain which moves count towards today’s limit.',
    next: 'Ask again in a minute; if it lasts, look for a proxy between the bridge and Monzo.',
    help: 'look for a proxy between the bridge and Monzo that removes the `Date` of answers',
  },
} as const satisfies RefusalGroup;

type EarlierMove = Amount & Pick<Transfer, 'direction' | 'state'>;

export const transfers = {
  request_id_reused: {
    status: 409,
    says: sentenceBy('by', {
      request_id: sentence<
        Pick<Transfer, 'requestId'>
      >`The request id ${'requestId'} was used before for another pot, account, direction or amount.`,
      event_id: sentence<EarlierMove>`The same event ${({ state }) => (state === 'moved' ? 'has already moved' : 'was already used for a move of')} ${moveText} this pot, so this second move was refused.`,
    }),
    next: sentenceBy('by', {
      request_id: 'It stands for that move for ever: ask with the same values to hear its outcome.',
      event_id: 'If two automations use this pot for the same transactions, give one of them another pot.',
    }),
    help: 'ask with the same pot, account, direction and amount to hear the outcome: a request id means one move for ever, and an event one into each pot and one out of it; of two automations with one pot for the same transactions, give one another pot',
  },
  unknown_event: {
    status: 404,
    says: sentence<{ id: string }>`There is no event ${'id'}.`,
    next: 'Give the event_id of an event that the bridge sent.',
    help: 'use `event_id` from the trigger of the automation',
  },
  unknown_transfer: {
    status: 404,
    says: sentence<{ id: string }>`There is no transfer ${'id'}.`,
    next: 'The list of transfers shows all of them.',
    help: '`monzo-bridge transfers` shows all transfers',
  },
  not_unresolved: {
    status: 409,
    says: sentence<{ id: string }>`There is nothing to record for ${'id'}.`,
    next: sentenceBy('state', {
      open: 'The bridge is still finding out; look again in half an hour.',
      settled: 'Its outcome is known.',
    }),
    help: 'look at the transfer: the bridge found out by itself, or is still trying',
  },
} as const satisfies RefusalGroup;
