/** What a sink has not simply received, and when each was last in use: one that nobody uses holds nothing back. */
export const deliveriesSchema = `
CREATE TABLE delivery (
  sink TEXT NOT NULL REFERENCES sink (name) ON DELETE CASCADE,
  seq INTEGER NOT NULL REFERENCES event (seq),
  state TEXT NOT NULL CHECK (state IN ('unproven', 'due', 'parked')),
  at INTEGER NOT NULL,
  why TEXT,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (sink, state, seq);
CREATE INDEX delivery_by_event ON delivery (seq);

ALTER TABLE sink ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
UPDATE sink SET seen = max(created, (SELECT coalesce(max(at), 0) FROM event));
`;
