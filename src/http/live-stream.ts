import type { ServerResponse } from 'node:http';

/**
 * Server-sent events to one reader. Of snapshots only the newest counts: while a slow reader has not taken what it was
 * sent, one waits in memory, and each newer one takes its place.
 */
export class LiveStream {
  readonly #response: ServerResponse;
  #waiting: string | null = null;
  #isFull = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('drain', () => {
      this.#isFull = false;
      const newest = this.#waiting;
      this.#waiting = null;
      if (newest !== null) this.#write(newest);
    });
  }

  /** `data` is JSON text, which has no line breaks. */
  snapshot(data: string): void {
    const text = `event: snapshot\ndata: ${data}\n\n`;
    if (this.#isFull) this.#waiting = text;
    else this.#write(text);
  }

  /** A sign of life; left out for who still has something to read. */
  beat(data: string): void {
    if (!this.#isFull) this.#write(`event: beat\ndata: ${data}\n\n`);
  }

  /** Readers come back by themselves after so many milliseconds. */
  retryAfter(ms: number): void {
    this.#write(`retry: ${ms}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#response.writable) this.#isFull = !this.#response.write(text);
  }
}
