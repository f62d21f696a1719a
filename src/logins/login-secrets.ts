import { BridgeError } from '../errors.ts';
import type { Finding } from '../domain/check.ts';
import { refuse, sentenceOf } from '../refusals/refuse.ts';
import type { Vault } from '../store/vault.ts';

/** What is stored encrypted of one login, as text. */
export interface LoginSecrets {
  /**
   * The tokens; null before the first sign-in. Throws `tokens_unreadable`, or `vault_unreadable` where the client secret
   * cannot be read either, as with another secret key.
   */
  tokens(): string | null;
  /** Empty where none was stored. Throws `client_secret_unreadable`. */
  clientSecret(): string;
  keepTokens(text: string): void;
  keepClientSecret(clientSecret: string): void;
  forgetTokens(): void;
}

/** Names of the vault's entries of one login. */
const names = { tokens: 'tokens', clientSecret: 'client_secret' } as const;

const unreadable: ReadonlySet<string> = new Set([
  'vault_unreadable',
  'tokens_unreadable',
  'client_secret_unreadable',
]);

/** Whether a fault or an error's code says that something stored could not be decrypted. */
export function isUnreadable(fault: string | undefined): boolean {
  return fault !== undefined && unreadable.has(fault);
}

/** Whether the secret key opens what is stored of these logins. */
export function secretKeyFinding(vault: Vault, loginIds: readonly string[]): Finding {
  const opens = (id: string): boolean => {
    try {
      createLoginSecrets(vault, id).clientSecret();
      return true;
    } catch (thrown) {
      if (thrown instanceof BridgeError && isUnreadable(thrown.code)) return false;
      throw thrown;
    }
  };
  return loginIds.every(opens)
    ? { state: 'ok', sentence: loginIds.length === 0 ? 'It is usable.' : 'It opens the stored secrets.' }
    : { state: 'needs_user', sentence: sentenceOf('vault_unreadable', {}) };
}

export function createLoginSecrets(vault: Vault, loginId: string): LoginSecrets {
  const read = (name: string, refusal: (cause: unknown) => BridgeError): string | null => {
    try {
      return vault.get(loginId, name);
    } catch (thrown) {
      if (thrown instanceof BridgeError && isUnreadable(thrown.code)) throw refusal(thrown);
      throw thrown;
    }
  };
  const clientSecret = () =>
    read(names.clientSecret, (cause) => refuse('client_secret_unreadable', {}, { cause })) ?? '';
  const isReadable = (): boolean => {
    try {
      return clientSecret() !== '';
    } catch {
      return false;
    }
  };
  return {
    clientSecret,
    tokens: () =>
      read(names.tokens, (cause) =>
        refuse(isReadable() ? 'tokens_unreadable' : 'vault_unreadable', {}, { cause }),
      ),
    keepTokens: (text) => vault.put(loginId, names.tokens, text),
    keepClientSecret: (secret) => vault.put(loginId, names.clientSecret, secret),
    forgetTokens: () => vault.delete(loginId, names.tokens),
  };
}
