/** What is written the same in every language. */

export const product = 'monzo-bridge';

/** What prints a link to sign in with, by how the bridge was installed. */
export const linkCommands = {
  installed: 'monzo-bridge link',
  clone: 'npx monzo-bridge link',
  docker: 'docker exec monzo-bridge monzo-bridge link',
} as const;

/** The form for a new client on Monzo's developer page, which exists in English only. */
export const clientForm = {
  name: 'Name',
  logo: 'Logo URL',
  redirect: 'Redirect URLs',
  description: 'Description',
  confidentiality: 'Confidentiality',
  confidential: 'Confidential',
} as const;
