import { z } from 'zod';
import type { Clock, Monotonic } from '../../clock.ts';
import { unconfirmedFor } from '../../limits.ts';
import { keepIfPossible, type Memory } from '../home-assistant-presence.ts';
import { originName, type Component, type DiscoveryDocument } from './discovery.ts';

/** What has to be known of a component to remove it from Home Assistant. */
export interface Remains {
  readonly platform: string;
  /** Empty for device triggers, which Home Assistant does not register. */
  readonly uniqueId: string;
}

export type Components = ReadonlyMap<string, Remains>;

interface Known extends Remains {
  /** Whether its removal was sent. */
  readonly isRemoved: boolean;
  /** When that was, with Home Assistant there; null where it may have missed it. */
  readonly heard: Monotonic | null;
}

export interface AnnouncedOptions {
  readonly memory: Memory;
  readonly clock: Clock;
  /** Whether Home Assistant is known to be on the broker. */
  readonly isHere: () => boolean;
}

const memoryKey = 'announced_components';
/** By topic and key: platform, unique id, whether the removal was sent. */
const storedSchema = z
  .record(z.string(), z.record(z.string(), z.tuple([z.string(), z.string(), z.boolean()])))
  .catch({});

/**
 * The components that Home Assistant was sent, by topic; kept on disk. Leaving one out of a new document does not remove it
 * there: it must be sent once with its platform alone, as a tombstone. A removal that Home Assistant missed cannot simply
 * be repeated, because after its start it knows nothing of the component but an entity that nobody announces. Such a
 * removal is owed: the component is announced once more, then removed.
 */
export class Announced {
  readonly #options: AnnouncedOptions;
  readonly #topics: Map<string, Map<string, Known>>;
  #isSaved = true;

  constructor(options: AnnouncedOptions) {
    this.#options = options;
    this.#topics = stored(options.memory);
  }

  /** Notes that the document is sent. Returns the components beyond it whose removal is still to be sent. */
  tell(topic: string, { components }: DiscoveryDocument): Components {
    for (const [key, component] of Object.entries(components)) this.#put(topic, key, known(component));
    const beyond = this.#of(topic).filter(
      ([key, { isRemoved }]) => !isRemoved && !Object.hasOwn(components, key),
    );
    return new Map(beyond);
  }

  /** Notes components found on the broker. Returns whether the document that is wanted there lacks one of them. */
  found(topic: string, components: Components, wanted: DiscoveryDocument | undefined): boolean {
    for (const [key, remains] of components)
      if (this.#topics.get(topic)?.get(key)?.isRemoved !== false)
        this.#put(topic, key, { ...remains, isRemoved: false, heard: null });
    return [...components.keys()].some((key) => !Object.hasOwn(wanted?.components ?? {}, key));
  }

  /** Notes that the removal of these components was sent; of the whole device where left out. */
  removed(topic: string, keys: Iterable<string> = this.#topics.get(topic)?.keys() ?? []): void {
    const heard = this.#options.isHere() ? this.#options.clock.monotonic() : null;
    for (const key of keys) {
      const component = this.#topics.get(topic)?.get(key);
      if (component === undefined) continue;
      if (component.uniqueId === '') this.#delete(topic, key);
      else this.#put(topic, key, { ...component, isRemoved: true, heard });
    }
  }

  /** Home Assistant has removed the device itself. */
  forget(topic: string): void {
    if (this.#topics.delete(topic)) this.#isSaved = false;
  }

  /** What Home Assistant may still have although nobody wants it any more. */
  owed(wanted: (topic: string) => DiscoveryDocument | undefined): ReadonlyMap<string, Components> {
    const owed = [...this.#topics.keys()].map((topic) => {
      const components = wanted(topic)?.components ?? {};
      const isOwed = ([key, { heard, uniqueId }]: readonly [string, Known]) =>
        heard === null && uniqueId !== '' && !Object.hasOwn(components, key);
      return [topic, new Map(this.#of(topic).filter(isOwed))] as const;
    });
    return new Map(owed.filter(([, components]) => components.size > 0));
  }

  /** Home Assistant has come or gone, or the broker was lost: it may have missed what was removed lately. */
  doubt(): void {
    const since = this.#options.clock.monotonic() - unconfirmedFor.withoutWill;
    for (const [topic, key, component] of this.#all())
      if (component.heard !== null && component.heard >= since)
        this.#put(topic, key, { ...component, heard: null });
  }

  /** Forgets removals that Home Assistant has certainly heard of, and writes down what changed; later where the disk refuses. */
  settle(): void {
    const { clock, isHere, memory } = this.#options;
    const before = clock.monotonic() - unconfirmedFor.withoutWill;
    if (isHere())
      for (const [topic, components] of this.#topics)
        for (const [key, { heard }] of components)
          if (heard !== null && heard < before) this.#delete(topic, key);
    if (!this.#isSaved) this.#isSaved = keepIfPossible(memory, memoryKey, toStore(this.#topics));
  }

  #of(topic: string): readonly (readonly [string, Known])[] {
    return [...(this.#topics.get(topic) ?? [])];
  }

  #all(): readonly (readonly [topic: string, key: string, component: Known])[] {
    return [...this.#topics.keys()].flatMap((topic) =>
      this.#of(topic).map(([key, component]) => [topic, key, component] as const),
    );
  }

  #put(topic: string, key: string, component: Known): void {
    const components = this.#topics.get(topic) ?? new Map<string, Known>();
    const before = components.get(key);
    this.#topics.set(topic, components.set(key, component));
    if (before?.isRemoved !== component.isRemoved || before.uniqueId !== component.uniqueId)
      this.#isSaved = false;
  }

  #delete(topic: string, key: string): void {
    const components = this.#topics.get(topic);
    components?.delete(key);
    if (components?.size === 0) this.#topics.delete(topic);
    this.#isSaved = false;
  }
}

function known({ platform, unique_id: uniqueId }: Component): Known {
  return { platform, uniqueId: typeof uniqueId === 'string' ? uniqueId : '', isRemoved: false, heard: null };
}

function stored(memory: Memory): Map<string, Map<string, Known>> {
  const topics = Object.entries(storedSchema.parse(memory.get(memoryKey) ?? {}));
  return new Map(
    topics.map(([topic, components]) => [
      topic,
      new Map(
        Object.entries(components).map(([key, [platform, uniqueId, isRemoved]]) => [
          key,
          { platform, uniqueId, isRemoved, heard: null },
        ]),
      ),
    ]),
  );
}

function toStore(topics: ReadonlyMap<string, ReadonlyMap<string, Known>>): z.input<typeof storedSchema> {
  return Object.fromEntries(
    [...topics].map(([topic, components]) => [
      topic,
      Object.fromEntries(
        [...components].map(([key, { platform, uniqueId, isRemoved }]) => [
          key,
          [platform, uniqueId, isRemoved],
        ]),
      ),
    ]),
  );
}

/** Platforms that have a command topic in place of a state topic. */
const commanded: ReadonlySet<string> = new Set(['button', 'notify']);

/** What Home Assistant requires of each platform beside the state topic. */
const required: Readonly<Record<string, object>> = { event: { event_types: ['other'] } };

/**
 * The wanted document, or one for a device that is gone, with these components as Home Assistant needs them to know them
 * again. `silent` is a topic that nobody publishes to.
 */
export function revived(
  topic: string,
  components: Components,
  { wanted, silent }: { readonly wanted: DiscoveryDocument | undefined; readonly silent: string },
): DiscoveryDocument {
  const document = wanted ?? {
    device: { identifiers: [topic.split('/').at(-2) ?? ''], name: 'Monzo' },
    origin: { name: originName },
    components: {},
  };
  const again = [...components].map(([key, { platform, uniqueId }]): [string, Component] => {
    const place = commanded.has(platform) ? { command_topic: silent } : { state_topic: silent };
    return [key, { platform, unique_id: uniqueId, ...place, ...required[platform] }];
  });
  return { ...document, components: { ...document.components, ...Object.fromEntries(again) } };
}
