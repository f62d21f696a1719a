import type { Clock } from '../clock.ts';
import type { PartHealth } from '../domain/health.ts';
import { createDelivery, type Delivery } from './deliver.ts';
import type { LoggedEvent, Output, Picture, Sink } from './output.ts';

/** The event log as outputs see it. */
export interface EventSource {
  after(seq: number, limit: number): readonly LoggedEvent[];
  countAfter(seq: number): number;
  cursor(sink: string): number;
  moveCursor(sink: string, seq: number): void;
}

export interface StageOptions {
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly events: EventSource;
  readonly picture: () => Picture;
  /** How often the picture is drawn by itself, in milliseconds: time alone makes values stale. */
  readonly redrawEvery: number;
}

/** How far one sink has received the events. */
export interface SinkPosition {
  readonly name: string;
  readonly cursor: number;
  readonly undelivered: number;
}

/** As many events as a sink is handed before the log is read again. */
const handful = 100;

/** All outputs together: each is shown every picture, and each sink is brought the events from its own place. */
export class Stage {
  readonly #options: StageOptions;
  readonly #stop = new AbortController();
  readonly #outputs: Output[] = [];
  readonly #sinks: { readonly sink: Sink; readonly delivery: Delivery }[] = [];
  #isDue = false;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  addOutput(output: Output): void {
    this.#outputs.push(output);
  }

  /** From now on the sink receives every event; one that was never here before begins with the next. */
  addSink(sink: Sink): void {
    const { clock, random, events } = this.#options;
    const delivery = createDelivery({
      sink,
      read: (after) => events.after(after, handful),
      cursor: () => events.cursor(sink.name),
      moveCursor: (seq) => events.moveCursor(sink.name, seq),
      clock,
      random,
      onChange: () => this.redraw(),
    });
    this.#sinks.push({ sink, delivery });
  }

  /** Draws the picture again now and then, until closed. */
  async run(): Promise<void> {
    const { clock, redrawEvery } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.redraw();
      await clock.wait(redrawEvery, this.#stop.signal).catch(() => {});
    }
  }

  /** Many changes in one turn make one picture. */
  redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#draw());
  }

  /** State first: an automation that an event starts must find the balance that belongs to it. */
  announce(): void {
    this.#draw();
    for (const { delivery } of this.#sinks) delivery.ring();
  }

  sinks(): readonly SinkPosition[] {
    const { events } = this.#options;
    return this.#sinks.map(({ sink: { name } }) => {
      const cursor = events.cursor(name);
      return { name, cursor, undelivered: events.countAfter(cursor) };
    });
  }

  /** How many events the sink that is furthest behind has not acknowledged. */
  undelivered(): number {
    return Math.max(0, ...this.sinks().map(({ undelivered }) => undelivered));
  }

  health(): readonly PartHealth[] {
    return [...this.#outputs, ...this.#sinks.map(({ delivery }) => delivery)].map((part) => part.health());
  }

  /** Ends the deliveries, then the outputs; what was rendered stays. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    await Promise.all(this.#sinks.map(({ delivery }) => delivery.close()));
    await Promise.all(this.#outputs.map((output) => output.close()));
  }

  #draw(): void {
    this.#isDue = false;
    if (this.#stop.signal.aborted || this.#outputs.length === 0) return;
    const picture = this.#options.picture();
    for (const output of this.#outputs) output.show(picture);
  }
}
