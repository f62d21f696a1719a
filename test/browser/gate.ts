import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

/** Decides in which order answers reach the page. */
export interface Gate {
  /** Holds the answers of these names back, from now on, each until it is let pass. */
  hold(names: readonly string[]): void;
  /** Lets what was held pass, and holds back all that is asked for after it. */
  holdLater(): void;
  /** Waits until the page has asked for all of these, and has drawn what it was answered. */
  awaits(names: readonly string[]): Promise<void>;
  /** Lets one pass, and waits until it is drawn. */
  pass(name: string): Promise<void>;
  /** What was asked for since the page was loaded. */
  asked(): readonly string[];
  /** What has moved since the page was loaded, each with its part of the screen. */
  shifts(): Promise<readonly Shift[]>;
}

export interface Shift {
  readonly value: number;
  /** What moved, from where to where. */
  readonly what: readonly string[];
}

/** What is known is drawn in the next frame, and what moved is told of in the one after it. */
const drawn =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))';

/** Stands before all requests of the page, from its next load on. */
export async function createGate(page: Page): Promise<Gate> {
  let isHeld: (name: string) => boolean = () => false;
  let asked = new Set<string>();
  let waiting: { readonly name: string; readonly pass: () => void }[] = [];
  page.on('framenavigated', () => {
    asked = new Set();
    waiting = [];
  });
  await page.exposeFunction('passes', (name: string) => {
    asked.add(name);
    if (!isHeld(name)) return undefined;
    return new Promise<void>((pass) => {
      waiting.push({ name, pass });
    });
  });
  await page.addInitScript(script);
  return {
    hold: (names) => {
      isHeld = (name) => names.includes(name);
    },
    holdLater: () => {
      const until = new Set(waiting.map(({ name }) => name));
      isHeld = (name) => !until.has(name);
      for (const { pass } of waiting) pass();
    },
    async awaits(names) {
      await until(`${names.join(', ')} are asked for`, () => names.every((name) => asked.has(name)));
      await page.evaluate(drawn);
    },
    async pass(name) {
      const before = isHeld;
      isHeld = (one) => one !== name && before(one);
      for (const one of waiting) if (one.name === name) one.pass();
      await page.evaluate(drawn);
    },
    asked: () => [...asked],
    shifts: () => page.evaluate<readonly Shift[]>('window.shiftsSoFar()'),
  };
}

/** Runs in the page before anything else: the page hears no answer before the gate lets it pass, and all that moves is kept. */
const script = `
  const nameOf = (address) => {
    const { pathname, searchParams } = new URL(address, location.href);
    const digits = searchParams.get('packed') ?? '';
    const query = digits.replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16)));
    return pathname.replace(/^.*\\/api\\//, '') + (query === '' ? '' : '?' + query);
  };
  const { fetch } = window;
  window.fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const content = answer.status === 204 ? null : await answer.text();
    await window.passes(nameOf(input));
    return new Response(content, answer);
  };
  const { addEventListener } = EventSource.prototype;
  EventSource.prototype.addEventListener = function (kind, act) {
    addEventListener.call(this, kind, async (event) => {
      if (kind === 'snapshot') await window.passes('live');
      act(event);
    });
  };
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  const found = [];
  const keep = (entries) => {
    for (const { value, hadRecentInput, sources } of entries)
      if (!hadRecentInput)
        found.push({
          value,
          what: sources.map(({ node, previousRect, currentRect }) => {
            const { localName, id, className } = node instanceof Element ? node : (node?.parentElement ?? {});
            return localName + ' ' + id + ' ' + className + ': ' + place(previousRect) + ' to ' + place(currentRect);
          }),
        });
  };
  const observer = new PerformanceObserver((list) => keep(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  window.shiftsSoFar = () => {
    keep(observer.takeRecords());
    return found;
  };`;
