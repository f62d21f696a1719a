import type { Model } from '../../sim/model.ts';

/** What is kept of the bank beside a release's data: its maps, as pairs; calls and listeners belong to the run. */
const keptMaps = [
  'people',
  'clients',
  'accounts',
  'pots',
  'merchants',
  'transactions',
  'webhooks',
  'receipts',
  'moves',
  'accessTokens',
  'refreshTokens',
  'grants',
] as const satisfies readonly (keyof Model)[];

/** The bank as text keeps it. What never expires is null in it. */
export function bankDocument(model: Model): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(keptMaps.map((name) => [name, [...model[name]]])),
    lastNumber: model.lastNumber,
  };
}

type Pairs = readonly (readonly [string, Readonly<Record<string, unknown>>])[];

/** What later simulators know of a thing that an earlier one did not keep. */
const since: Partial<Record<(typeof keptMaps)[number], Readonly<Record<string, unknown>>>> = {
  transactions: { split: null },
  webhooks: { createdMs: 0 },
  grants: { approvedAccounts: null, denied: false },
};

/** Puts a bank back to what a document says; who is connected to it stays so. */
export function restoreBank(model: Model, document: Readonly<Record<string, unknown>>): void {
  for (const name of keptMaps) {
    const kept = (document[name] as Pairs).map(([id, value]) => {
      const isRow = typeof value === 'object' && !Array.isArray(value);
      return [id, isRow ? { ...since[name], ...value } : value] as const;
    });
    const map = model[name] as Map<string, unknown>;
    map.clear();
    for (const [id, value] of kept) map.set(id, value);
  }
  model.lastNumber = document['lastNumber'] as number;
  for (const token of [...model.accessTokens.values(), ...model.refreshTokens.values()])
    Object.assign(token, { expiresMs: token.expiresMs ?? Infinity });
  for (const grant of model.grants.values())
    Object.assign(grant, {
      access: model.accessTokens.get(grant.access.text),
      refresh: grant.refresh && model.refreshTokens.get(grant.refresh.text),
    });
  const rows = [...model.transactions.values()].toSorted((a, b) => a.createdMs - b.createdMs);
  model.statements.clear();
  for (const [accountId, statement] of Map.groupBy(rows, (row) => row.accountId))
    model.statements.set(accountId, statement);
}
