import { deliveriesSchema, toldEventsSchema } from './deliveries.ts';
import { chargePairsSchema } from './charge-pairs.ts';
import { auditRepeatSchema, auditSchema } from './audit.ts';
import { learntSchema } from './login-rows.ts';
import type { Migration } from './migrations.ts';
import { sessionsSchema } from './session-rows.ts';
import { searchSchema, beyondAsciiSchema } from './transaction-search.ts';
import {
  transferEvidenceSchema,
  transferSchema,
  triedAnewSchema,
  withoutRowSchema,
} from './transfer-rows.ts';

/**
 * Amounts are integers in minor units, instants integers in milliseconds. `bank_transaction` has an explicit `number`
 * because the search index refers to it, and SQLite may renumber rows without one.
 */
const firstSchema = `
CREATE TABLE login (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  client_id TEXT NOT NULL UNIQUE,
  redirect_uri TEXT NOT NULL,
  user_id TEXT,
  state TEXT NOT NULL,
  needs TEXT,
  created INTEGER NOT NULL,
  active_since INTEGER,
  approved_at INTEGER,
  last_success INTEGER,
  history TEXT NOT NULL
) STRICT;

CREATE TABLE vault (
  login_id TEXT NOT NULL REFERENCES login (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  nonce BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  PRIMARY KEY (login_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE authorisation (
  state BLOB PRIMARY KEY,
  login_id TEXT NOT NULL REFERENCES login (id) ON DELETE CASCADE,
  redirect_uri TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX authorisation_by_login ON authorisation (login_id);

CREATE TABLE reading (
  subject TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE events_since (
  account_id TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT;

CREATE TABLE bank_transaction (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  settles INTEGER,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  local_amount INTEGER NOT NULL,
  local_currency TEXT NOT NULL,
  category TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  description TEXT NOT NULL,
  notes TEXT NOT NULL,
  merchant_id TEXT,
  merchant_name TEXT,
  counterparty TEXT,
  pot_id TEXT,
  external_id TEXT,
  external_id_reversed TEXT,
  scheme TEXT NOT NULL,
  decline_reason TEXT,
  flags INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  first_fields TEXT NOT NULL,
  raw TEXT NOT NULL
) STRICT;
CREATE INDEX transaction_by_account ON bank_transaction (account_id, created, id);
CREATE INDEX transaction_by_creation ON bank_transaction (created, id);
CREATE INDEX transaction_by_pot ON bank_transaction (pot_id, created, id) WHERE pot_id IS NOT NULL;
CREATE INDEX transaction_pending ON bank_transaction (created) WHERE status = 'pending';
CREATE INDEX transaction_by_external_id ON bank_transaction (external_id_reversed)
  WHERE external_id_reversed IS NOT NULL;

CREATE VIRTUAL TABLE transaction_text USING fts5 (
  merchant_name, counterparty, description, notes,
  content = 'bank_transaction', content_rowid = 'number', columnsize = 0,
  tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER transaction_text_insert AFTER INSERT ON bank_transaction BEGIN
  INSERT INTO transaction_text (rowid, merchant_name, counterparty, description, notes)
  VALUES (new.number, new.merchant_name, new.counterparty, new.description, new.notes);
END;
CREATE TRIGGER transaction_text_delete AFTER DELETE ON bank_transaction BEGIN
  INSERT INTO transaction_text (transaction_text, rowid, merchant_name, counterparty, description, notes)
  VALUES ('delete', old.number, old.merchant_name, old.counterparty, old.description, old.notes);
END;
CREATE TRIGGER transaction_text_update AFTER UPDATE ON bank_transaction
WHEN (old.merchant_name, old.counterparty, old.description, old.notes)
  IS NOT (new.merchant_name, new.counterparty, new.description, new.notes)
BEGIN
  INSERT INTO transaction_text (transaction_text, rowid, merchant_name, counterparty, description, notes)
  VALUES ('delete', old.number, old.merchant_name, old.counterparty, old.description, old.notes);
  INSERT INTO transaction_text (rowid, merchant_name, counterparty, description, notes)
  VALUES (new.number, new.merchant_name, new.counterparty, new.description, new.notes);
END;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  recovered INTEGER NOT NULL,
  delay INTEGER NOT NULL,
  balance INTEGER,
  total_balance INTEGER,
  detail TEXT,
  data TEXT
) STRICT;
CREATE INDEX event_kept ON event (at) WHERE data IS NOT NULL;

CREATE TABLE sink (
  name TEXT PRIMARY KEY,
  cursor INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE unknown_shape (
  fingerprint TEXT PRIMARY KEY,
  place TEXT NOT NULL,
  path TEXT NOT NULL,
  expected TEXT NOT NULL,
  got TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  raw TEXT NOT NULL
) STRICT;
`;

/**
 * The source of pages, sums and charts. The program derives `day` and `flow` from a row, and fills them in for older
 * rows while it runs. One index covers every filter but the text search. Triggers update the day summaries in the
 * transaction that changes a row.
 */
const summariesSchema = `
ALTER TABLE bank_transaction ADD COLUMN counterparty_account TEXT;
ALTER TABLE bank_transaction ADD COLUMN day TEXT NOT NULL DEFAULT '';
ALTER TABLE bank_transaction ADD COLUMN flow TEXT NOT NULL DEFAULT 'none';
ALTER TABLE bank_transaction ADD COLUMN name TEXT
  GENERATED ALWAYS AS (coalesce(merchant_name, counterparty, description)) VIRTUAL;
UPDATE bank_transaction SET
  flags = flags | iif(json_extract(raw, '$.include_in_spending') = 0, 8, 0),
  counterparty_account = iif(
    json_type(raw, '$.counterparty.account_id') = 'text', nullif(raw ->> '$.counterparty.account_id', ''), NULL
  )
WHERE json_valid(raw);
CREATE INDEX transaction_filter ON bank_transaction (
  created, id, account_id, kind, category, flow, name, merchant_id, amount, currency, pot_id
);
DROP INDEX transaction_by_creation;
DROP INDEX transaction_by_pot;
CREATE INDEX transaction_by_pot ON bank_transaction (pot_id, created, id, day, kind, flow, amount)
  WHERE pot_id IS NOT NULL;
CREATE INDEX transaction_by_merchant ON bank_transaction (name, currency, flow, created, account_id, amount)
  WHERE flow IN ('spending', 'refund', 'income');
CREATE INDEX transaction_by_counterparty_account ON bank_transaction (counterparty_account)
  WHERE counterparty_account IS NOT NULL;
CREATE INDEX event_with_content ON event (account_id, seq)
  WHERE coalesce(detail, balance, total_balance) IS NOT NULL;

CREATE TABLE day_summary (
  day TEXT NOT NULL,
  account_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  flow TEXT NOT NULL,
  category TEXT NOT NULL,
  amount INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, account_id, currency, flow, category)
) STRICT, WITHOUT ROWID;
INSERT INTO day_summary
  SELECT day, account_id, currency, flow, category, sum(amount), count(*) FROM bank_transaction
  GROUP BY day, account_id, currency, flow, category;
CREATE TRIGGER day_summary_insert AFTER INSERT ON bank_transaction BEGIN
  INSERT INTO day_summary VALUES (new.day, new.account_id, new.currency, new.flow, new.category, new.amount, 1)
    ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, count = count + 1;
END;
CREATE TRIGGER day_summary_delete AFTER DELETE ON bank_transaction BEGIN
  UPDATE day_summary SET amount = amount - old.amount, count = count - 1
    WHERE (day, account_id, currency, flow, category) = (old.day, old.account_id, old.currency, old.flow, old.category);
  DELETE FROM day_summary
    WHERE (day, account_id, currency, flow, category) = (old.day, old.account_id, old.currency, old.flow, old.category)
    AND count = 0;
END;
CREATE TRIGGER day_summary_update AFTER UPDATE ON bank_transaction
WHEN (old.day, old.account_id, old.currency, old.flow, old.category, old.amount)
  IS NOT (new.day, new.account_id, new.currency, new.flow, new.category, new.amount)
BEGIN
  UPDATE day_summary SET amount = amount - old.amount, count = count - 1
    WHERE (day, account_id, currency, flow, category) = (old.day, old.account_id, old.currency, old.flow, old.category);
  DELETE FROM day_summary
    WHERE (day, account_id, currency, flow, category) = (old.day, old.account_id, old.currency, old.flow, old.category)
    AND count = 0;
  INSERT INTO day_summary VALUES (new.day, new.account_id, new.currency, new.flow, new.category, new.amount, 1)
    ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, count = count + 1;
END;

CREATE TABLE balance_day (
  subject TEXT NOT NULL,
  day TEXT NOT NULL,
  account_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  balance INTEGER NOT NULL,
  currency TEXT NOT NULL,
  PRIMARY KEY (subject, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX balance_day_by_account ON balance_day (account_id);
`;

/**
 * What a login needs was kept as a sentence and is kept as facts. Stored sentences are not read: the next reading of
 * the login finds out anew what is wrong.
 */
const loginTroubleSchema = `
ALTER TABLE login ADD COLUMN trouble TEXT;
UPDATE login SET trouble = '{"fault":"unknown","facts":{}}' WHERE needs IS NOT NULL;
ALTER TABLE login DROP COLUMN needs;
UPDATE login SET history = json_set(history, '$.missing', json('[]'));
`;

/**
 * Why a transfer or a pause is as it is was kept as a sentence and is kept as code and facts. Stored sentences are not
 * read: a code without facts says itself that an earlier version recorded it. The audit keeps what was said at the time.
 */
const reasonFactsSchema = `
ALTER TABLE transfer ADD COLUMN facts TEXT;
ALTER TABLE transfer DROP COLUMN sentence;
UPDATE transfer SET code = 'undecidable' WHERE state = 'unresolved' AND code IS NULL;
UPDATE setting SET value = '{"code":"unknown","facts":{}}'
WHERE key = 'paused_why' AND json_type(value) = 'text';
`;

/** Of what was stored before, nobody knows who saw it. */
const seenBySchema = `
ALTER TABLE bank_transaction ADD COLUMN seen_by TEXT;
`;

/** An account or pot that has none was shown by a version that made entity ids from the names of the day. */
const slugSchema = `
CREATE TABLE slug (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The categories and shares of a row of a trigger, as `shares` writes them; its first one counts the transaction. */
const sharesOf = (row: 'old' | 'new') =>
  `json_each(coalesce(${row}.shares, json_array(json_array(${row}.category, ${row}.amount))))`;
const summed = 'day, account_id, currency, flow';
const counted = (row: 'old' | 'new') => `
  INSERT INTO day_summary (${summed}, category, amount, count, uses)
    SELECT ${row}.day, ${row}.account_id, ${row}.currency, ${row}.flow, value ->> 0,
      ${row === 'old' ? '-(value ->> 1), -(key = 0), -1' : 'value ->> 1, key = 0, 1'}
    FROM ${sharesOf(row)} WHERE TRUE
    ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, count = count + excluded.count, uses = uses + excluded.uses;`;
const uncounted = `${counted('old')}
  DELETE FROM day_summary WHERE (${summed}) = (old.day, old.account_id, old.currency, old.flow) AND uses = 0;`;
const countedColumns = ['day', 'account_id', 'currency', 'flow', 'category', 'amount', 'shares'];
const countedOf = (row: 'old' | 'new') => countedColumns.map((name) => `${row}.${name}`).join(', ');

const bankNumber = (path: string) => `replace(replace(coalesce(raw ->> '${path}', ''), '-', ''), ' ', '')`;
const [sortCode, accountNumber] = [
  bankNumber('$.counterparty.sort_code'),
  bankNumber('$.counterparty.account_number'),
];
const metadataText = (name: string) =>
  `iif(json_type(raw, '$.metadata.${name}') = 'text', nullif(raw ->> '$.metadata.${name}', ''), NULL)`;
/** Whole amounts, as the program reads them; without the bounds a sum could overflow. */
const toldShares = `json_each(raw, '$.categories')
  WHERE type = 'integer' AND value BETWEEN -9007199254740991 AND 9007199254740991`;

/**
 * What a row is split into, and whose bill it pays back, count where they belong: `shares` and `payee` are derived as
 * `flow` is, and filled in for older rows while the program runs. Names of pots are kept, because Monzo forgets those that
 * were deleted.
 */
const sharesSchema = `
ALTER TABLE bank_transaction ADD COLUMN counterparty_bank TEXT;
ALTER TABLE bank_transaction ADD COLUMN original_id TEXT;
ALTER TABLE bank_transaction ADD COLUMN spender TEXT;
ALTER TABLE bank_transaction ADD COLUMN split TEXT;
ALTER TABLE bank_transaction ADD COLUMN shares TEXT;
ALTER TABLE bank_transaction ADD COLUMN payee TEXT;
ALTER TABLE bank_transaction ADD COLUMN spent_at TEXT
  GENERATED ALWAYS AS (coalesce(payee, merchant_name, counterparty, description)) VIRTUAL;
UPDATE bank_transaction SET
  counterparty_bank = iif(
    length(${sortCode}) = 6 AND length(${accountNumber}) BETWEEN 6 AND 10
      AND ${sortCode} || ${accountNumber} NOT GLOB '*[^0-9]*',
    ${sortCode} || ' ' || substr('00' || ${accountNumber}, -max(8, length(${accountNumber}))), NULL
  ),
  original_id = ${metadataText('original_transaction_id')},
  spender = coalesce(${metadataText('spender_full_name')}, ${metadataText('spender_first_name')}),
  flags = flags | iif(${metadataText('bacs_direct_debit_instruction_id')} IS NOT NULL, 16, 0)
WHERE json_valid(raw);
UPDATE bank_transaction SET split = (
  SELECT json_group_array(json_array(category, share)) FROM (
    SELECT category, sum(share) AS share FROM (
      SELECT key AS category, value AS share FROM ${toldShares}
      UNION ALL SELECT bank_transaction.category, amount - (SELECT sum(value) FROM ${toldShares})
    ) GROUP BY category HAVING sum(share) <> 0 ORDER BY category
  )
)
WHERE CASE WHEN json_valid(raw) AND json_type(raw, '$.categories') = 'object'
  THEN (SELECT count(*) > 1 AND sign(sum(value)) = sign(amount) FROM ${toldShares}) ELSE FALSE END;
UPDATE bank_transaction SET split = NULL WHERE json_array_length(split) < 2;
DROP INDEX transaction_filter;
CREATE INDEX transaction_filter ON bank_transaction (
  created, id, account_id, kind, category, flow, name, merchant_id, amount, currency, pot_id, shares, spent_at
);
DROP INDEX transaction_by_merchant;
CREATE INDEX transaction_by_merchant ON bank_transaction (spent_at, currency, flow, created, account_id, amount)
  WHERE flow IN ('spending', 'refund', 'income');
CREATE INDEX transaction_by_counterparty_bank ON bank_transaction (counterparty_bank)
  WHERE counterparty_bank IS NOT NULL;
CREATE INDEX transaction_by_original ON bank_transaction (original_id) WHERE original_id IS NOT NULL;

ALTER TABLE day_summary ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
UPDATE day_summary SET uses = count;
DROP TRIGGER day_summary_insert;
DROP TRIGGER day_summary_delete;
DROP TRIGGER day_summary_update;
CREATE TRIGGER day_summary_insert AFTER INSERT ON bank_transaction BEGIN ${counted('new')}
END;
CREATE TRIGGER day_summary_delete AFTER DELETE ON bank_transaction BEGIN ${uncounted}
END;
CREATE TRIGGER day_summary_update AFTER UPDATE ON bank_transaction
WHEN (${countedOf('old')}) IS NOT (${countedOf('new')}) BEGIN ${uncounted} ${counted('new')}
END;

ALTER TABLE events_since ADD COLUMN bank_details TEXT;
CREATE TABLE pot_name (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO pot_name
  SELECT pot.value ->> '$.id', pot.value ->> '$.accountId', pot.value ->> '$.name'
  FROM reading, json_each(reading.value) AS pot WHERE substr(subject, 1, 5) = 'pots/';
`;

/** In order. Released migrations are never edited, because existing databases were made with them; add new ones at the end. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'first schema', sql: firstSchema },
  { version: 2, name: 'transfers and their audit', sql: transferSchema + auditSchema },
  { version: 3, name: 'flows, day summaries and balances by day', sql: summariesSchema },
  { version: 4, name: 'deliveries', sql: deliveriesSchema },
  { version: 5, name: 'troubles of logins as facts', sql: loginTroubleSchema },
  { version: 6, name: 'reasons of transfers and of the pause as facts', sql: reasonFactsSchema },
  { version: 7, name: 'sessions of the page', sql: sessionsSchema },
  { version: 8, name: 'counts of repeated refusals', sql: auditRepeatSchema },
  { version: 9, name: 'what the bank was seen to do', sql: learntSchema },
  { version: 10, name: 'what pots held before transfers', sql: transferEvidenceSchema },
  { version: 11, name: 'which login saw a transaction', sql: seenBySchema },
  { version: 12, name: 'holds and their charges', sql: chargePairsSchema },
  { version: 13, name: 'what entity ids are made of', sql: slugSchema },
  { version: 14, name: 'split purchases, bills paid back, and names of pots', sql: sharesSchema },
  { version: 15, name: 'requests that are tried anew', sql: triedAnewSchema },
  { version: 16, name: 'indexes of what is left to do', sql: toldEventsSchema + withoutRowSchema },
  { version: 17, name: 'indexes of what is searched for', sql: searchSchema },
  { version: 18, name: 'names of accounts, too', sql: 'ALTER TABLE pot_name RENAME TO kept_name;' },
  { version: 19, name: 'index of texts with more than ASCII', sql: beyondAsciiSchema },
];
