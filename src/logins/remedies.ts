/** What a person, or time alone, does about a fault: in words, and on the command line. */
export interface RemedyText {
  readonly words: string;
  /** Verbs of `monzo-bridge login`, each followed by the login's name, in the order in which to use them. */
  readonly verbs: readonly string[];
}

export const remedies = {
  wait: { words: 'nothing: the bridge goes on by itself', verbs: [] },
  approve: {
    words: 'approve the access in the Monzo app; the bridge notices by itself, and at once with Reload',
    verbs: ['reload'],
  },
  renew_approval: {
    words:
      'renew the access in the Monzo app (Settings, Privacy & Security, Manage Apps), then press I renewed it',
    verbs: ['renewed'],
  },
  reload: { words: 'press Reload when Monzo is well again, or sign in again', verbs: ['reload'] },
  sign_in: { words: 'sign in at Monzo again', verbs: ['reauthorize'] },
  stop_other_program: {
    words: 'stop the other program, or make an OAuth client of its own for it; then sign in again',
    verbs: ['reauthorize'],
  },
  replace_secret: {
    words: 'copy the client secret anew from Monzo’s developer page; it is tried at once',
    verbs: ['secret'],
  },
  replace_secret_and_sign_in: {
    words: 'copy the client secret anew from Monzo’s developer page, then sign in again',
    verbs: ['secret', 'reauthorize'],
  },
  set_confidential: {
    words: 'set Confidentiality to Confidential on Monzo’s developer page, then sign in again',
    verbs: ['reauthorize'],
  },
  register_redirect: {
    words: 'register the address with the OAuth client on Monzo’s developer page, then sign in again',
    verbs: ['reauthorize'],
  },
  sign_in_as_right_person: {
    words: 'sign in as the right person, or add a login for the other one',
    verbs: ['reauthorize'],
  },
  remove_login: { words: 'remove this login, or sign in as somebody else', verbs: ['remove'] },
} as const satisfies Record<string, RemedyText>;

export type Remedy = keyof typeof remedies;
