interface Entity {
  readonly uniqueId: string;
  isDisabled: boolean;
  isAvailable: boolean;
  state: string;
  attributes: Readonly<Record<string, unknown>>;
}

/** What a subscriber of entities is told: only what differs, as Home Assistant abbreviates it. */
export interface EntityUpdate {
  readonly a?: Readonly<Record<string, unknown>>;
  readonly c?: Readonly<Record<string, unknown>>;
  readonly r?: readonly string[];
}

/** The event entities of a fake Home Assistant, with its registry and their states. */
export class FakeEntities {
  readonly #entities = new Map<string, Entity>();
  readonly #onState: (entityId: string, update: EntityUpdate) => void;
  readonly #onRegistry: () => void;
  #shown = 0;

  constructor(onState: (entityId: string, update: EntityUpdate) => void, onRegistry: () => void) {
    this.#onState = onState;
    this.#onRegistry = onRegistry;
  }

  /** Under an entity id that a person chose; the unique id alone says what it is. */
  declare(uniqueId: string): void {
    if (this.#find(uniqueId)) return;
    const entity = { uniqueId, isDisabled: false, isAvailable: true, state: 'unknown', attributes: {} };
    this.#entities.set(`event.renamed_${this.#entities.size + 1}`, entity);
    this.#onRegistry();
  }

  disable(uniqueId: string, isDisabled = true): void {
    const [entityId, entity] = this.#find(uniqueId) ?? [];
    if (!entity || !entityId) throw new Error(`no entity ${uniqueId}`);
    entity.isDisabled = isDisabled;
    if (isDisabled) this.#onState(entityId, { r: [entityId] });
    this.#onRegistry();
  }

  /** As a person does; the entity's state goes and comes under its new id. */
  rename(uniqueId: string, newId: string): void {
    const [entityId, entity] = this.#find(uniqueId) ?? [];
    if (!entity || !entityId) throw new Error(`no entity ${uniqueId}`);
    this.#entities.delete(entityId);
    this.#onState(entityId, { r: [entityId] });
    this.#entities.set(newId, entity);
    this.#onRegistry();
  }

  idOf(uniqueId: string): string {
    return this.#find(uniqueId)?.[0] ?? '';
  }

  /** All of them: Home Assistant has lost, or found, the broker. */
  makeAvailable(isAvailable: boolean): void {
    for (const [entityId, entity] of this.#entities) {
      if (entity.isAvailable === isAvailable) continue;
      entity.isAvailable = isAvailable;
      const keys = Object.keys(entity.attributes);
      const change = isAvailable
        ? { '+': { s: entity.state, a: entity.attributes } }
        : { '+': { s: 'unavailable' }, ...(keys.length === 0 ? {} : { '-': { a: keys } }) };
      this.#onState(entityId, { c: { [entityId]: change } });
    }
  }

  /** A message arrived; attributes that stay the same are not told again. */
  show(uniqueId: string, attributes: Readonly<Record<string, unknown>>): void {
    const [entityId, entity] = this.#find(uniqueId) ?? [];
    if (!entity || !entityId || entity.isDisabled || !entity.isAvailable) return;
    const before = entity.attributes;
    entity.state = `2026-11-25T00:00:00.${String((this.#shown += 1)).padStart(6, '0')}`;
    entity.attributes = attributes;
    const changed = Object.entries(attributes).filter(([key, value]) => before[key] !== value);
    const part = changed.length === 0 ? {} : { a: Object.fromEntries(changed) };
    this.#onState(entityId, { c: { [entityId]: { '+': { s: entity.state, ...part } } } });
  }

  registry(): readonly object[] {
    const others = [
      { entity_id: 'light.kitchen', unique_id: 12, platform: 'hue', disabled_by: null, device_id: null },
      {
        entity_id: 'event.doorbell',
        unique_id: 'door_transaction',
        platform: 'ring',
        disabled_by: null,
        device_id: null,
      },
    ];
    const ours = [...this.#entities].map(([entity_id, { uniqueId, isDisabled }]) => ({
      entity_id,
      unique_id: uniqueId,
      platform: 'mqtt',
      device_id: 'device',
      disabled_by: isDisabled ? 'user' : null,
    }));
    return [...others, ...ours];
  }

  states(entityIds: readonly string[]): EntityUpdate {
    const found = [...this.#entities].filter(([id, { isDisabled }]) => entityIds.includes(id) && !isDisabled);
    const a = found.map(([id, { isAvailable, state, attributes }]) => [
      id,
      isAvailable ? { s: state, a: attributes } : { s: 'unavailable', a: {} },
    ]);
    return { a: Object.fromEntries(a) as Record<string, unknown> };
  }

  #find(uniqueId: string) {
    return [...this.#entities].find(([, entity]) => entity.uniqueId === uniqueId);
  }
}
