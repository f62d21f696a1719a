import { lagOf } from '../../domain/bank-questions.ts';
import type { Instant } from '../../domain/values.ts';
import { durations, shortPage } from '../../limits.ts';
import {
  accountIn,
  compared,
  callOf,
  instantOf,
  remembered,
  rowsIn,
  textOf,
  under,
  type Row,
  type Watch,
  type WatchTools,
} from './heard.ts';

const { second, minute, hour } = durations;

/** One answer to a move that was sent. */
interface MoveAnswer {
  readonly at: Instant;
  readonly code: string | null;
}

/** A move by its dedupe id, which the bridge keeps through every repetition. */
interface SentMove {
  readonly account: string;
  readonly pot: string;
  readonly amount: number;
  readonly answers: MoveAnswer[];
  isShown: boolean;
}

const acceptedIn = ({ answers }: SentMove) => answers.find(({ code }) => code === null) ?? null;

/** What answers a move, its repetition, and how lists show it. */
export function watchMoves({ note }: WatchTools): Watch {
  const sent = new Map<string, SentMove>();
  return (answer) => {
    const { request, refusal, at } = answer;
    const { form, path, method } = request;
    const dedupeId = form?.['dedupe_id'];
    if (method === 'PUT' && dedupeId !== undefined) {
      const [, , pot = '', direction = ''] = path.split('/');
      const isDeposit = direction === 'deposit';
      const move = sent.get(dedupeId) ?? {
        account: textOf(form?.[isDeposit ? 'source_account_id' : 'destination_account_id']),
        pot,
        amount: Number(form?.['amount']) * (isDeposit ? -1 : 1),
        answers: [],
        isShown: false,
      };
      const code = refusal === null ? null : (refusal.bankCode ?? '');
      if (acceptedIn(move) !== null) noteRepeated(note, code);
      if (refusal === null || refusal.effect === 'none') move.answers.push({ at, code });
      sent.set(dedupeId, move);
      for (const oldest of sent.keys()) if (sent.size > compared.others) sent.delete(oldest);
      return;
    }
    const rows = callOf(answer) === 'GET /transactions' ? rowsIn(answer, 'transactions') : null;
    if (rows === null || sent.size === 0) return;
    const own = [...sent].filter(([, move]) => !move.isShown && move.account === accountIn(answer));
    for (const [id, move] of own) look(note, { id, move, rows, at });
    const since = instantOf(request.query?.['since']);
    for (const [, move] of own) {
      const accepted = acceptedIn(move);
      const isCovered = since !== null && accepted !== null && since < accepted.at - minute;
      // One of them may be it, without its id or at another time.
      if (rows.some((row) => isAlike(move, row))) continue;
      if (!move.isShown && isCovered && at - accepted.at > hour && rows.length < shortPage)
        note('move_shown', 'not_within_an_hour');
    }
  };
}

function noteRepeated(note: WatchTools['note'], code: string | null): void {
  if (code === null) note('repeated_move', 'accepted');
  else if (/dedupe|duplicate/.test(code)) note('repeated_move', 'refused');
  else if (/insufficient|locked|deleted|security/.test(code)) note('move_checks', 'before_dedupe');
}

interface MoveSearch {
  readonly id: string;
  readonly move: SentMove;
  readonly rows: readonly Row[];
  readonly at: Instant;
}

/** Finds the row of a move by its id; else the only one of its pot, its amount and its time. */
function look(note: WatchTools['note'], { id, move, rows }: MoveSearch): void {
  const shownId = (row: Row) => textOf(under(row, 'metadata')['external_id']);
  const whole = rows.find((row) => shownId(row).endsWith(id));
  if (whole !== undefined) {
    move.isShown = true;
    note('move_id', 'whole');
    noteTime(note, move, whole);
    return;
  }
  const first = acceptedIn(move);
  const alike = first === null ? [] : rows.filter((row) => isLike(move, first, row));
  const [row] = alike;
  if (row === undefined || alike.length > 1) return;
  move.isShown = true;
  note('move_id', cutAs(shownId(row), id));
  noteTime(note, move, row);
}

function isLike(move: SentMove, { at }: MoveAnswer, row: Row): boolean {
  return isAlike(move, row) && Math.abs((instantOf(row['created']) ?? 0) - at) <= 10 * second;
}

/** Whether a row is of the pot and the amount of a move. */
function isAlike({ pot, amount }: SentMove, row: Row): boolean {
  const isOfPot = row['description'] === pot || under(row, 'metadata')['pot_id'] === pot;
  return isOfPot && row['amount'] === amount;
}

function cutAs(shown: string, id: string) {
  if (shown === '') return 'absent';
  const key = shown.slice(shown.lastIndexOf(':') + 1);
  return shown.includes(':') && id.startsWith(key) ? 'cut' : 'changed';
}

/** A row that is older than an answer shows that this answer was one to a repetition. */
function noteTime(note: WatchTools['note'], move: SentMove, row: Row): void {
  const created = instantOf(row['created']);
  if (created === null) return;
  if (textOf(row['decline_reason']) !== '') return note('move_shown', 'declined_later');
  for (const { at, code } of move.answers) if (created < at - 2 * second) noteRepeated(note, code);
  const accepted = acceptedIn(move);
  if (accepted !== null)
    note('move_shown', created - accepted.at < 30 * second ? 'at_once' : 'minutes_later');
}

interface PotRead {
  readonly at: Instant;
  readonly balance: number;
}

const readingsKept = 10;

/** How long a pot shows what it held before a move that a list has shown. */
export function watchPotLag({ note }: WatchTools): Watch {
  const readings = remembered<PotRead[]>(() => [], compared.others);
  const moves = new Map<
    string,
    { readonly pot: string; readonly created: Instant; readonly amount: number }
  >();
  const known = remembered(() => ({ isSeen: false }), compared.rows);
  return (answer) => {
    if (callOf(answer) === 'GET /pots')
      for (const { id, balance } of rowsIn(answer, 'pots') ?? []) {
        const pot = readings(textOf(id));
        pot.push({ at: answer.at, balance: Number(balance) });
        if (pot.length > readingsKept) pot.shift();
      }
    for (const row of callOf(answer) === 'GET /transactions' ? (rowsIn(answer, 'transactions') ?? []) : []) {
      const pot = textOf(under(row, 'metadata')['pot_id']);
      const [id, created] = [textOf(row['id']), instantOf(row['created'])];
      if (pot === '' || created === null || known(id).isSeen) continue;
      known(id).isSeen = true;
      if (answer.at - created < hour) moves.set(id, { pot, created, amount: Number(row['amount']) });
    }
    for (const [id, { pot, created, amount }] of moves) {
      const lag = lagAmong(readings(pot), created, amount);
      if (lag !== null && lag > 0) note('pot_lag', lagOf(lag));
      if (lag !== null || answer.at - created > hour) moves.delete(id);
    }
  };
}

/** When readings show a move, from its time; 0 where the first one does, null where none does yet. */
function lagAmong(readings: readonly PotRead[], created: Instant, amount: number): number | null {
  const before = readings.findLast(({ at }) => at < created);
  const after = readings.filter(({ at }) => at >= created);
  const shown = after.find(({ balance }) => balance === (before?.balance ?? Number.NaN) - amount);
  if (before === undefined || shown === undefined) return null;
  return after[0]?.balance === before.balance ? shown.at - created : 0;
}
