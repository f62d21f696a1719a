import { newRequestId } from '../../web/move/move-request.ts';
import type { Hass } from '../hass.ts';
import { outcomeOf, type Answer, type Direction, type Outcome } from './outcome.ts';

/** What a person wants to move. */
export interface Draft {
  readonly direction: Direction;
  /** Decimal text in major units, as the action takes it. */
  readonly amount: string;
}

interface Pending extends Draft {
  readonly requestId: string;
}

/** Keeps one move while the browser's tab is open, so that it stays the same move when the page is loaded again. */
export type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface SessionTools {
  /** The pot's device. */
  readonly pot: string;
  /** Calls the action and resolves with its answer. Rejects as `callService` does. */
  readonly ask: (data: Answer) => Promise<unknown>;
  readonly newId: () => string;
  readonly memory: Memory;
  /** The place in the memory. */
  readonly key: string;
}

/** `form` with a sentence: why the last check was refused. */
export type Progress =
  | { readonly kind: 'form' | 'checking' | 'moving'; readonly sentence: string }
  | { readonly kind: 'confirm'; readonly sentence: string; readonly answer: Answer }
  | Outcome;

const nothingSaid: Outcome = { kind: 'unknown', sentence: '', answer: {} };

/** One pot's move from the form to its outcome. Fires `change`; it lives on while no dialog shows it. */
export class MoveSession extends EventTarget {
  readonly #tools: SessionTools;
  #progress: Progress = { kind: 'form', sentence: '' };
  #draft: Draft | null = null;
  /** One id for a move, from its check until its outcome is known: whatever is sent with it moves money once. */
  #requestId = '';
  /** Counts what was sent, so that an answer that comes late is not taken for another one's. */
  #sent = 0;

  constructor(tools: SessionTools) {
    super();
    this.#tools = tools;
    const pending = this.#remembered();
    if (pending === null) return;
    this.#draft = pending;
    this.#requestId = pending.requestId;
    this.#progress = nothingSaid;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** What is being moved; null before anything was asked for. */
  get draft(): Draft | null {
    return this.#draft;
  }

  /** Whether money may be on its way, or may have moved. */
  get isOpen(): boolean {
    return this.#progress.kind === 'moving' || this.#progress.kind === 'unknown';
  }

  /** Asks for a trial, whose result a person confirms. Without effect while anything else is going on. */
  async check(draft: Draft): Promise<void> {
    if (this.#progress.kind !== 'form') return;
    const before = this.#draft;
    const isSame = draft.direction === before?.direction && draft.amount === before.amount;
    if (!isSame || this.#requestId === '') this.#requestId = this.#tools.newId();
    this.#draft = draft;
    const sent = this.#begin('checking');
    const { kind, sentence, answer } = await this.#answerTo({ dry_run: true });
    if (sent !== this.#sent) return;
    // A trial moves nothing, whatever became of it.
    this.#become(kind === 'trial' ? { kind: 'confirm', sentence, answer } : { kind: 'form', sentence });
  }

  /** Makes the move that was checked. A second tap finds it under way. */
  async confirm(): Promise<void> {
    if (this.#progress.kind === 'confirm') await this.#send();
  }

  /** Asks for the same move again, with the same id. */
  async askAgain(): Promise<void> {
    if (this.#progress.kind === 'unknown') await this.#send();
  }

  /** Back to the form, unless money may be under way. */
  back(): void {
    if (this.isOpen) return;
    this.#sent += 1;
    this.#become({ kind: 'form', sentence: '' });
  }

  /** The dialog was closed: what is under way goes on, and an outcome that was seen is done with. */
  leave(): void {
    if (this.isOpen) return;
    this.#draft = null;
    this.#requestId = '';
    this.back();
  }

  async #send(): Promise<void> {
    const requestId = this.#requestId;
    this.#remember({ ...this.#draft, requestId });
    const sent = this.#begin('moving');
    const outcome = await this.#answerTo({ request_id: requestId });
    if (!this.isOpen || requestId !== this.#requestId) return;
    if (outcome.kind !== 'unknown') {
      this.#requestId = '';
      this.#remember(null);
    } else if (sent !== this.#sent) return;
    this.#become(outcome);
  }

  async #answerTo(more: Answer): Promise<Outcome> {
    const { direction: transfer_type, amount } = this.#draft ?? {};
    const data = { pot: this.#tools.pot, transfer_type, amount, on_failure: 'answer', ...more };
    try {
      return outcomeOf(await this.#tools.ask(data));
    } catch {
      // Home Assistant may have lost the answer and not the question.
      return nothingSaid;
    }
  }

  #begin(kind: 'checking' | 'moving'): number {
    this.#sent += 1;
    this.#become({ kind, sentence: '' });
    return this.#sent;
  }

  #become(progress: Progress): void {
    this.#progress = progress;
    this.dispatchEvent(new Event('change'));
  }

  #remembered(): Pending | null {
    const { memory, key } = this.#tools;
    try {
      const kept = JSON.parse(memory.getItem(key) ?? 'null') as Pending | null;
      return typeof kept?.requestId === 'string' ? kept : null;
    } catch {
      return null;
    }
  }

  /** A browser that keeps nothing still has the move until the page is left. */
  #remember(pending: object | null): void {
    const { memory, key } = this.#tools;
    try {
      if (pending === null) memory.removeItem(key);
      else memory.setItem(key, JSON.stringify(pending));
    } catch {}
  }
}

const sessions = new Map<string, MoveSession>();

/**
 * The move of a pot by the person who is signed in. There is one, whichever card or tile shows it: a dashboard that is
 * drawn again, as after a lost connection, finds the move that is under way.
 */
export function sessionFor(hass: Hass, pot: string): MoveSession {
  const key = `monzo-bridge.${hass.user?.id}.${pot}`;
  const session =
    sessions.get(key) ??
    new MoveSession({
      pot,
      key,
      memory: sessionStorage,
      newId: () => newRequestId((bytes) => crypto.getRandomValues(bytes), 'card'),
      ask: async (data) =>
        (await hass.callService('script', 'monzo_pot_transfer', data, undefined, false, true)).response,
    });
  sessions.set(key, session);
  return session;
}
