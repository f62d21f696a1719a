import { createCipheriv, createDecipheriv } from 'node:crypto';
import { refuse } from '../refusals/refuse.ts';
import type { Database } from './database.ts';
import type { RandomBytes } from './directory.ts';
import { bytes } from './rows.ts';

/** Logins' secrets, encrypted with AES-256-GCM. Save the login first; removing it removes its secrets. */
export interface Vault {
  put(loginId: string, name: string, secret: string): void;
  /** Null if there is no such secret. Throws `vault_unreadable` with another key, or if the row was moved or changed. */
  get(loginId: string, name: string): string | null;
  delete(loginId: string, name: string): void;
  deleteAll(loginId: string): void;
}

export interface VaultOptions {
  readonly secretKey: Uint8Array;
  readonly randomBytes: RandomBytes;
}

const cipher = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

export function createVault(database: Database, { secretKey, randomBytes }: VaultOptions): Vault {
  /** What was opened last: every call needs a token, and comparing costs less than opening. */
  const opened = new Map<string, Sealed & { readonly secret: string }>();
  return {
    put: (loginId, name, secret) => {
      const nonce = randomBytes(nonceLength);
      const sealing = createCipheriv(cipher, secretKey, nonce);
      sealing.setAAD(Buffer.from(bindingOf(loginId, name)));
      const sealed = [sealing.update(secret, 'utf8'), sealing.final(), sealing.getAuthTag()];
      database.run(
        `INSERT INTO vault (login_id, name, nonce, ciphertext) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET nonce = excluded.nonce, ciphertext = excluded.ciphertext`,
        [loginId, name, nonce, Buffer.concat(sealed)],
      );
    },
    get: (loginId, name) => {
      const sealed = database.get(
        'SELECT nonce, ciphertext FROM vault WHERE login_id = ? AND name = ?',
        [loginId, name],
        (row) => ({ nonce: bytes(row, 'nonce'), ciphertext: bytes(row, 'ciphertext') }),
      );
      if (sealed === undefined) return null;
      const binding = bindingOf(loginId, name);
      const last = opened.get(binding);
      if (last && isSame(last, sealed)) return last.secret;
      const secret = open(sealed, { secretKey, binding: Buffer.from(binding) });
      opened.set(binding, { ...sealed, secret });
      return secret;
    },
    delete: (loginId, name) => {
      opened.delete(bindingOf(loginId, name));
      database.run('DELETE FROM vault WHERE login_id = ? AND name = ?', [loginId, name]);
    },
    deleteAll: (loginId) => {
      opened.clear();
      database.run('DELETE FROM vault WHERE login_id = ?', [loginId]);
    },
  };
}

interface Sealed {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

function isSame(a: Sealed, b: Sealed): boolean {
  return Buffer.compare(a.nonce, b.nonce) === 0 && Buffer.compare(a.ciphertext, b.ciphertext) === 0;
}

interface Opening {
  readonly secretKey: Uint8Array;
  readonly binding: Uint8Array;
}

function open({ nonce, ciphertext }: Sealed, { secretKey, binding }: Opening): string {
  try {
    const opening = createDecipheriv(cipher, secretKey, nonce, { authTagLength: tagLength });
    opening.setAAD(binding);
    opening.setAuthTag(ciphertext.subarray(-tagLength));
    const secret = [opening.update(ciphertext.subarray(0, -tagLength)), opening.final()];
    return Buffer.concat(secret).toString('utf8');
  } catch (cause) {
    throw refuse('vault_unreadable', {}, { cause });
  }
}

/** The data a secret is authenticated with, so that a row copied to another login or name cannot be decrypted. */
function bindingOf(loginId: string, name: string): string {
  return JSON.stringify([loginId, name]);
}
