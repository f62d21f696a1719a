import type { Database } from './database.ts';
import { json } from './row.ts';

/** What the page sets, as JSON. Whoever reads a value checks its shape. */
export interface Settings {
  /** Undefined where nothing was ever set. */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

export function createSettings(database: Database): Settings {
  return {
    get: (key) => database.get('SELECT value FROM setting WHERE key = ?', [key], (row) => json(row, 'value')),
    set: (key, value) => {
      const sql =
        'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';
      database.run(sql, [key, JSON.stringify(value)]);
    },
    delete: (key) => {
      database.run('DELETE FROM setting WHERE key = ?', [key]);
    },
  };
}
