/** The contract's types come from the domain, where ids are hashed. The page loads none of it. */
declare module 'node:crypto' {
  export function createHash(algorithm: 'sha256'): {
    update(text: string): { digest(encoding: 'hex'): string };
  };
}
