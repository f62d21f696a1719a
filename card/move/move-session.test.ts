import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { MoveSession, type SessionTools } from './move-session.ts';

/** Answers to what was asked, one after the other; a test gives them when it likes. */
let asked: {
  readonly data: Readonly<Record<string, unknown>>;
  readonly answer: (response: unknown) => void;
  readonly lose: () => void;
}[];
let kept: Map<string, string>;
let ids: number;

const tools = (): SessionTools => ({
  pot: 'device',
  key: 'key',
  ask: async (data) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    asked.push({ data, answer: resolve, lose: () => reject(new Error('Connection lost')) });
    return promise;
  },
  newId: () => `card-${(ids += 1)}`,
  memory: () => ({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }),
});

const trial = { status: 'done', money_moved: 'no', amount_minor: 500, currency: 'GBP' };
const moved = { status: 'done', money_moved: 'yes', amount_minor: 500, currency: 'GBP' };
const refused = { status: 'refused', money_moved: 'no', message: 'The account must keep 0.00 GBP.' };
const open = { status: 'unknown', money_moved: 'unknown', message: 'Monzo has not confirmed this move yet.' };
const five = { direction: 'deposit', amount: '5.00' } as const;

const last = () => asked.at(-1) ?? assert.fail('nothing was asked');
const idOf = ({ data }: { readonly data: Readonly<Record<string, unknown>> }) => data['request_id'];

/** A session whose trial went well. */
async function checked(draft: Parameters<MoveSession['check']>[0] = five): Promise<MoveSession> {
  const session = new MoveSession(tools());
  const checking = session.check(draft);
  last().answer(trial);
  await checking;
  return session;
}

describe('the move of a pot', () => {
  beforeEach(() => {
    asked = [];
    kept = new Map();
    ids = 0;
  });

  it('is a trial first, and then the same amount with an id', async () => {
    const session = await checked();
    assert.equal(session.progress.kind, 'confirm');
    assert.deepEqual(last().data, {
      pot: 'device',
      transfer_type: 'deposit',
      amount: '5.00',
      on_failure: 'answer',
      dry_run: true,
    });
    const moving = session.confirm();
    last().answer(moved);
    await moving;
    assert.equal(session.progress.kind, 'done');
    assert.deepEqual(last().data, {
      pot: 'device',
      transfer_type: 'deposit',
      amount: '5.00',
      on_failure: 'answer',
      request_id: 'card-1',
    });
  });

  it('is sent once, however often its button is pressed', async () => {
    const session = new MoveSession(tools());
    const pressed = [session.check(five), session.check(five)];
    assert.equal(asked.length, 1);
    last().answer(trial);
    await Promise.all(pressed);
    const again = [session.confirm(), session.confirm(), session.askAgain(), session.check(five)];
    assert.equal(asked.length, 2);
    last().answer(moved);
    await Promise.all(again);
    await session.confirm();
    assert.equal(asked.length, 2);
  });

  for (const [what, end] of [
    ['an answer that was lost', () => last().lose()],
    ['an answer that says so', () => last().answer(open)],
    ['an answer in another form', () => last().answer('moved')],
    ['no answer', () => last().answer(undefined)],
    [
      'a failure inside the bridge',
      () => last().answer({ status: 'failed', money_moved: 'unknown', message: '!' }),
    ],
    ['a move that nobody knows of', () => last().answer({ status: 'done' })],
  ] as const)
    it(`is not known after ${what}, and is asked for again as the same move`, async () => {
      const session = await checked();
      const moving = session.confirm();
      const id = idOf(last());
      end();
      await moving;
      assert.equal(session.progress.kind, 'unknown');
      // Neither leaving the dialog nor going back makes another one of it.
      session.back();
      session.leave();
      await session.check({ ...five, amount: '6.00' });
      assert.equal(session.progress.kind, 'unknown');
      const again = session.askAgain();
      assert.equal(idOf(last()), id);
      last().answer(moved);
      await again;
      assert.equal(session.progress.kind, 'done');
    });

  it('is the same one after the page was loaded again, until its outcome is known', async () => {
    const before = await checked();
    void before.confirm();
    const id = idOf(last());
    const session = new MoveSession(tools());
    assert.equal(session.progress.kind, 'unknown');
    assert.equal(session.draft?.amount, '5.00');
    const again = session.askAgain();
    assert.equal(idOf(last()), id);
    last().answer(moved);
    await again;
    assert.equal(new MoveSession(tools()).progress.kind, 'form');
  });

  it('keeps its id where nothing was changed, and gets another one where something was', async () => {
    const session = await checked();
    session.back();
    const same = session.check(five);
    last().answer(trial);
    await same;
    void session.confirm();
    assert.equal(idOf(last()), 'card-1');
    kept.clear();
    const other = await checked();
    other.back();
    const changed = other.check({ ...five, direction: 'withdraw' });
    last().answer(trial);
    await changed;
    void other.confirm();
    assert.equal(idOf(last()), 'card-3');
  });

  it('is another one once the outcome of the first is known', async () => {
    for (const [end, kind] of [
      [moved, 'done'],
      [refused, 'refused'],
      [trial, 'trial'],
    ] as const) {
      kept.clear();
      const session = await checked();
      const moving = session.confirm();
      const id = idOf(last());
      last().answer(end);
      await moving;
      assert.equal(session.progress.kind, kind);
      session.back();
      const checking = session.check(five);
      last().answer(trial);
      await checking;
      void session.confirm();
      assert.notEqual(idOf(last()), id);
    }
  });

  it('says why a check was refused, and moves nothing', async () => {
    const session = new MoveSession(tools());
    const checking = session.check(five);
    last().answer(refused);
    await checking;
    assert.deepEqual(session.progress, { kind: 'form', sentence: refused.message });
    const lost = session.check(five);
    last().lose();
    await lost;
    assert.deepEqual(session.progress, { kind: 'form', sentence: null });
  });

  it('is given up where the dialog is closed before it was confirmed', async () => {
    const session = new MoveSession(tools());
    const checking = session.check(five);
    session.leave();
    last().answer(trial);
    await checking;
    assert.equal(session.progress.kind, 'form');
    assert.equal(session.draft, undefined);
  });

  it('goes on where the browser keeps nothing', async () => {
    const closed = () => {
      throw new Error('Access is denied');
    };
    const session = new MoveSession({ ...tools(), memory: closed });
    const checking = session.check(five);
    last().answer(trial);
    await checking;
    const moving = session.confirm();
    last().answer(moved);
    await moving;
    assert.equal(session.progress.kind, 'done');
  });
});
