import type { Clock } from '../clock.ts';
import type { DeliveryRecords, ParkedChoice, SinkStatus } from '../domain/delivery.ts';
import type { PartHealth } from '../domain/view.ts';
import type { Instant } from '../domain/values.ts';
import { balanceFirst, eventsKept } from '../limits.ts';
import { createDelivery, type Delivery } from './deliver.ts';
import type { Output, Snapshot, Sink } from './output.ts';

export interface OutputManagerOptions {
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly records: DeliveryRecords;
  /** How often the snapshot is drawn by itself, in milliseconds: time alone makes values stale. */
  readonly renderEvery: number;
}

const parkedShown = 20;

/** All outputs together: each is shown every snapshot, and each sink is brought the events from its own place. */
export class OutputManager {
  readonly #options: OutputManagerOptions;
  readonly #stop = new AbortController();
  readonly #outputs: Output[] = [];
  readonly #awaiting: Sink[] = [];
  readonly #sinks: { readonly sink: Sink; readonly delivery: Delivery }[] = [];
  #snapshot: (() => Snapshot) | null = null;
  #isDue = false;

  constructor(options: OutputManagerOptions) {
    this.#options = options;
  }

  addOutput(output: Output): void {
    this.#outputs.push(output);
  }

  addSink(sink: Sink): void {
    this.#awaiting.push(sink);
  }

  /**
   * From now on every sink receives the events from its own place; one that was never here before begins with the
   * next. `snapshot` is what outputs are shown from now on. Throws where the disk refuses to keep a place.
   */
  deliver(snapshot: () => Snapshot): void {
    const { clock, random, records } = this.#options;
    this.#snapshot = snapshot;
    for (const { name } of this.#awaiting) records.attend(name);
    for (const sink of this.#awaiting.splice(0)) {
      const { name } = sink;
      const delivery = createDelivery({
        sink,
        next: (limit) => records.next(name, limit),
        settle: (settled) => records.settle(name, settled),
        parked: () => records.position(name).parkedCount,
        clock,
        random,
        onChange: () => this.renderSoon(),
      });
      this.#sinks.push({ sink, delivery });
    }
  }

  /** Draws the snapshot again now and then, and drops events that nobody needs any more, until closed. */
  async run(): Promise<void> {
    const { clock, renderEvery } = this.#options;
    void this.#tidy();
    while (!this.#stop.signal.aborted) {
      this.renderSoon();
      await clock.wait(renderEvery, this.#stop.signal).catch(() => {});
    }
  }

  /** Many changes in one turn make one snapshot. */
  renderSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#render());
  }

  /** State first: an automation that an event starts must find the balance that belongs to it. */
  announce(): void {
    this.#render();
    for (const { delivery } of this.#sinks) delivery.ring();
  }

  /** Resolves when the outputs have brought out what they were shown; nobody is kept waiting longer than a little. */
  async settled(): Promise<void> {
    const enough = new AbortController();
    const patience = this.#options.clock.wait(balanceFirst, enough.signal).catch(() => {});
    await Promise.race([Promise.all(this.#outputs.map(async (output) => output.settled?.())), patience]);
    enough.abort();
  }

  sinks(): readonly SinkStatus[] {
    const { records } = this.#options;
    return this.#sinks.map(({ sink: { name }, delivery }) => {
      const { state, sentence } = delivery.health();
      const waitsFor = delivery.waiting()?.waitsFor ?? null;
      const parked = records.parked(name, parkedShown);
      return { name, ...records.position(name), parked, state, sentence, waitsFor };
    });
  }

  /** Lets events that a sink refused be sent again. Returns how many these are. */
  retry(choice: ParkedChoice): number {
    const retried = this.#options.records.retry(choice);
    for (const { delivery } of this.#sinks) delivery.ring();
    this.renderSoon();
    return retried;
  }

  /** How many events the sink that is furthest behind has not acknowledged. */
  undelivered(): number {
    const { records } = this.#options;
    return Math.max(0, ...this.#sinks.map(({ sink }) => records.position(sink.name).undelivered));
  }

  health(): readonly PartHealth[] {
    return [...this.#outputs, ...this.#sinks.map(({ delivery }) => delivery)].map((part) => part.health());
  }

  /** Ends the deliveries, then every output; what was rendered stays. Throws the first failure, after all have closed. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    await Promise.all(this.#sinks.map(({ delivery }) => delivery.close()));
    const closed = await Promise.allSettled(this.#outputs.map(async (output) => output.close()));
    const failed = closed.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** Small bites, so that nothing else has to wait for the disk. */
  async #tidy(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const isMore = this.#prune(clock.now() - eventsKept.longest);
      await clock.wait(isMore ? eventsKept.breath : eventsKept.lookEvery, signal).catch(() => {});
    }
  }

  /** Whether there may be more to drop. A disk that refuses is told by whoever has something to record. */
  #prune(before: Instant): boolean {
    const { records } = this.#options;
    try {
      for (const { sink } of this.#sinks) records.attend(sink.name);
      return records.prune(before, eventsKept.atOnce) === eventsKept.atOnce;
    } catch {
      return false;
    }
  }

  #render(): void {
    this.#isDue = false;
    if (this.#stop.signal.aborted || this.#outputs.length === 0) return;
    const snapshot = this.#snapshot?.();
    if (snapshot === undefined) return;
    for (const output of this.#outputs) output.show(snapshot);
  }
}
