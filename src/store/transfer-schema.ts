/**
 * Transfers are kept for ever, because a request id means the same transfer for ever; only what never left this machine
 * gives its ids back. The audit can be added to and nothing else.
 */
export const transferSchema = `
CREATE TABLE transfer (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  state TEXT NOT NULL,
  user_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  pot_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  request_id TEXT,
  dedupe_id TEXT NOT NULL,
  sends INTEGER NOT NULL,
  first_sent_at INTEGER,
  last_sent_at INTEGER,
  answer TEXT,
  owed_word INTEGER NOT NULL,
  settled_at INTEGER,
  transaction_id TEXT,
  code TEXT,
  sentence TEXT,
  door TEXT NOT NULL,
  user TEXT,
  found INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX transfer_by_dedupe_id ON transfer (dedupe_id) WHERE state <> 'not_sent';
CREATE UNIQUE INDEX transfer_by_request_id ON transfer (request_id)
  WHERE request_id IS NOT NULL AND state <> 'not_sent';
CREATE INDEX transfer_by_creation ON transfer (created);
CREATE INDEX transfer_undecided ON transfer (account_id) WHERE state IN ('open', 'unresolved');

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  door TEXT NOT NULL,
  user TEXT,
  action TEXT NOT NULL,
  decision TEXT NOT NULL,
  code TEXT,
  sentence TEXT,
  transfer_id TEXT,
  transaction_id TEXT,
  asked TEXT
) STRICT;
CREATE INDEX audit_by_transfer ON audit (transfer_id, seq) WHERE transfer_id IS NOT NULL;
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN
  SELECT raise(ABORT, 'the audit is never edited');
END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN
  SELECT raise(ABORT, 'the audit is never shortened');
END;
`;
