import { sentence, sentenceBy, type RefusalGroup } from './sentence.ts';

const startAgain = 'Start again from the bridge’s page.';

const badState = {
  unknown: `The bridge did not begin this sign-in. ${startAgain}`,
  used: `This sign-in link was used already. ${startAgain} If the login is connected, there is nothing to do.`,
  expired: `This sign-in took too long. ${startAgain}`,
  foreign:
    'This address does not belong to a sign-in of this login. Paste the whole address that the browser showed after the sign-in at Monzo, with everything behind the question mark.',
} as const;

const unauthorised = {
  nothing: 'Sign in on the bridge’s page, or send the admin token as a bearer token.',
  token:
    'This is not the admin token. It is in the file admin-token of the data directory, or in MONZO_BRIDGE_ADMIN_TOKEN where that is set.',
} as const;

/** Who may use the private API and the page. */
export const access = {
  unauthorised: {
    status: 401,
    says: sentenceBy('given', unauthorised),
    help: 'no token and no session was sent, or not the right one',
    needsPerson: true,
  },
  link_not_valid: {
    status: 401,
    says: 'This link was used already, is older than ten minutes, or was made before the bridge was last started.',
    next: 'Use the newest link, or sign in with the admin token.',
    help: '`monzo-bridge link` makes a new one; or sign in with the admin token',
    needsPerson: true,
  },
  cross_origin: {
    status: 403,
    says: 'The browser did not show that the bridge’s own page sent this.',
    next: 'Reload the bridge’s page and try again; programs send the admin token as a bearer token.',
    help: 'reload the page; a program sends the admin token',
  },
  administrators_only: {
    status: 403,
    says: 'Only administrators of Home Assistant may open the bridge.',
    next: 'Ask one of them to look for you, or to make you an administrator under Settings → People.',
    help: 'inside Home Assistant: the user is not an administrator',
    needsPerson: true,
  },
  unknown_user: {
    status: 403,
    says: 'Home Assistant named no user for this page, or one that it no longer lists as active.',
    next: 'Open the bridge from Home Assistant’s sidebar again; if that does not help, sign out of Home Assistant and in again.',
    help: 'inside Home Assistant: open the bridge from the sidebar again; a deactivated user is let in nowhere',
    needsPerson: true,
  },
  user_not_checked: {
    status: 503,
    says: 'The bridge could not ask Home Assistant whether you may open it, so it lets nobody in.',
    next: 'This page goes on by itself once Home Assistant answers; if it does not, look at the bridge’s log.',
    help: 'inside Home Assistant: it is still starting, or the bridge has no connection to it; the log says why',
    retryable: true,
  },
  no_sign_in_here: {
    status: 409,
    says: 'Inside Home Assistant nobody signs in to the bridge: it knows you by your Home Assistant user.',
    next: 'Reload the page.',
    help: 'reload the page',
  },
  wrong_host: {
    status: 421,
    says: 'The bridge does not answer under this host name.',
    next: 'Use the address of its machine, or add the name to MONZO_BRIDGE_UI_HOSTS.',
    help: 'use the machine’s address or a name without a dot, or add the name to `MONZO_BRIDGE_UI_HOSTS`',
  },
  unknown_session: {
    status: 404,
    says: 'This browser is not signed in any more.',
    next: 'Reload the list.',
    help: 'the session was ended already; reload the list',
  },
  too_many_attempts: {
    status: 429,
    says: 'Too many wrong tokens or links are being tried. The right one is let in at once.',
    next: sentence<{ seconds: number }>`Correct it, or try again in ${'seconds'} seconds.`,
    help: 'find the program that sends a wrong token; the right token and the right link still work',
    retryable: true,
  },
} as const satisfies RefusalGroup;

/** The sign-in at Monzo, and what is stored of a login. */
export const logins = {
  bad_state: {
    status: 400,
    says: sentenceBy('reason', badState),
    help: 'paste the whole address, or begin the sign-in again',
    needsPerson: true,
  },
  client_in_use: {
    status: 409,
    says: sentence<{ login: string }>`The login “${'login'}” already uses this OAuth client.`,
    next: 'Sign that one in again, or make a separate client for another person.',
    help: 'make another client: at Monzo a new sign-in ends the one before',
    needsPerson: true,
  },
  name_in_use: {
    status: 409,
    says: sentence<{ name: string }>`Another login is called “${'name'}” already.`,
    next: 'Choose another name.',
    help: 'choose another name',
    needsPerson: true,
  },
  no_tokens: {
    status: 409,
    says: 'This login has no tokens yet.',
    next: 'Sign in at Monzo to connect it.',
    help: 'sign in at Monzo',
    needsPerson: true,
  },
  no_refresh_token: {
    status: 409,
    says: 'Monzo gave no refresh token, so this login cannot be renewed.',
    next: 'Set Confidentiality to Confidential on Monzo’s developer page and sign in again.',
    help: 'set Confidentiality to Confidential on Monzo’s developer page, then sign in again',
    needsPerson: true,
  },
  renewal_interrupted: {
    status: 409,
    says: 'The bridge or the network stopped while the tokens were being renewed, and Monzo no longer accepts the old ones.',
    next: 'Sign in at Monzo again.',
    help: 'sign in at Monzo again',
    needsPerson: true,
  },
  sign_in_interrupted: {
    status: 409,
    says: 'The answer to the last sign-in was lost, and Monzo had already ended the one before.',
    next: 'Sign in at Monzo again.',
    help: 'sign in at Monzo again',
    needsPerson: true,
  },
  vault_unreadable: {
    status: 409,
    says: 'The stored secrets cannot be read with this secret key.',
    next: 'Put back the secret-key file (or MONZO_BRIDGE_SECRET_KEY) that belongs to this database, or enter the client secret again and sign in again.',
    help: 'put back the right `secret-key` and restart; without it, enter the client secret of each login again and sign in again',
    needsPerson: true,
  },
  tokens_unreadable: {
    status: 409,
    says: 'The stored tokens of this login are damaged.',
    next: 'Sign in at Monzo again.',
    help: 'sign in at Monzo again',
    needsPerson: true,
  },
  client_secret_unreadable: {
    status: 409,
    says: 'The stored client secret of this login cannot be read.',
    next: 'Enter it again; Monzo’s developer page shows it.',
    help: 'enter the client secret again',
    needsPerson: true,
  },
} as const satisfies RefusalGroup;

/** What the API refuses beside that. */
export const service = {
  bad_cursor: {
    status: 400,
    says: 'This cursor was not given out by this list.',
    next: 'Start again without one.',
    help: 'start the list again without a cursor',
  },
  not_parked: {
    status: 404,
    says: 'No such event is put aside.',
    help: 'the list of events shows which are put aside',
  },
  no_home_assistant: {
    status: 409,
    says: 'The bridge is not connected to Home Assistant.',
    next: 'Set MONZO_BRIDGE_HOME_ASSISTANT_URL and MONZO_BRIDGE_HOME_ASSISTANT_TOKEN, and restart it.',
    help: 'set both, then restart the bridge',
    needsPerson: true,
  },
  no_dashboards: {
    status: 409,
    says: 'This Home Assistant has no dashboards.',
    next: 'Add default_config: or lovelace: to its configuration.yaml and restart it.',
    help: 'add `default_config:` or `lovelace:` to `configuration.yaml`, then restart Home Assistant',
    needsPerson: true,
  },
  dashboard_file_by_hand: {
    status: 409,
    says: 'Home Assistant takes the files of its dashboards from configuration.yaml, which the bridge does not write.',
    next: 'Add the lines that the page shows, restart Home Assistant, and add the dashboard then.',
    help: 'add the lines that the page shows to `configuration.yaml`, and restart Home Assistant',
    needsPerson: true,
  },
  dashboard_of_another_bridge: {
    status: 409,
    says: 'Another bridge added the Money dashboard, or this one before it got a new secret key, so nothing was removed.',
    next: 'Remove it on that bridge’s page; if there is no other bridge, choose “Take it over” here first.',
    help: 'remove it on the other bridge’s page, or take it over first',
    needsPerson: true,
  },
  dashboard_not_built: {
    status: 409,
    says: 'This installation of the bridge has no file for the Money dashboard.',
    next: 'Run npm run build, or use the package, the image or the app.',
    help: 'build it with `npm run build`, or use the package, the image or the app',
    needsPerson: true,
  },
  no_blueprint_files: {
    status: 409,
    says: 'The blueprints of this installation of the bridge are missing or damaged.',
    next: 'Install the bridge again; automations that use blueprints are not affected.',
    help: 'install the bridge again, or fetch `blueprints/` of its version anew',
    needsPerson: true,
  },
  unknown_blueprint: {
    status: 404,
    says: sentence<{ known: string }>`The bridge has no such blueprint; it has ${'known'}.`,
    next: 'Choose one of these.',
    help: 'use a name that `monzo-bridge home-assistant blueprints list` shows',
  },
  no_automations: {
    status: 409,
    says: 'This Home Assistant has no automations, and so no blueprints.',
    next: 'Add default_config: or automation: to its configuration.yaml and restart it.',
    help: 'add `default_config:` or `automation:` to `configuration.yaml`, then restart Home Assistant',
    needsPerson: true,
  },
  home_assistant_too_old: {
    status: 409,
    says: sentence<{
      needs: string;
      version: string;
    }>`The blueprints need Home Assistant ${'needs'} or newer, and this one is ${'version'}.`,
    next: 'Update it under Settings → System → Updates there.',
    help: 'update Home Assistant',
    needsPerson: true,
  },
  blueprint_in_use: {
    status: 409,
    says: sentence<{ uses: string }>`Automations use what was to be removed, so it stays: ${'uses'}.`,
    next: 'Delete these automations in Home Assistant, or choose “Take control” in the menu of each, and try again.',
    help: 'delete the automations that use it, or choose "Take control" in the menu of each',
    needsPerson: true,
  },
  blueprint_edited: {
    status: 409,
    says: sentence<{
      titles: string;
    }>`What is not as a bridge wrote it may hold changes of yours, so it stays: ${'titles'}.`,
    next: 'Delete it in Home Assistant under Settings → Automations & scenes → Blueprints.',
    help: 'delete it in Home Assistant under Settings → Automations & scenes → Blueprints',
    needsPerson: true,
  },
  decided_by_setting: {
    status: 409,
    says: sentence<{
      setting: string;
    }>`MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS is ${'setting'}, which decides it.`,
    next: 'Set it to ask to decide here.',
    help: 'set it to `ask` to decide on the page',
    needsPerson: true,
  },
  updates_by_home_assistant: {
    status: 409,
    says: 'Home Assistant tells of new versions of its apps by itself.',
    next: 'Look under Settings → Apps there.',
    help: 'nothing to set: Home Assistant looks for new versions of the app',
    needsPerson: true,
  },
  tested_just_now: {
    status: 429,
    says: 'The address was tested a moment ago.',
    next: sentence<{ seconds: number }>`Try again in ${'seconds'} seconds.`,
    help: 'wait a few seconds and test again',
    retryable: true,
  },
  method_not_allowed: {
    status: 405,
    says: 'This address does not take this method.',
    next: sentence<{ methods: string }>`It takes ${'methods'}.`,
    help: 'use a method that the sentence names; the header `Allow` has them too',
  },
  too_large: {
    status: 413,
    says: 'The request is too large.',
    next: 'Send less.',
    help: 'send less',
  },
  unsupported_media_type: {
    status: 415,
    says: 'Only JSON is understood.',
    next: 'Send it as application/json.',
    help: 'send JSON as `application/json`',
  },
  too_many_streams: {
    status: 503,
    says: sentence<{ most: number }>`${'most'} pages are open already.`,
    next: 'Close some of them, then reload.',
    help: 'close some pages, then reload',
    retryable: true,
  },
  disk_full: {
    status: 503,
    says: sentenceBy('when', {
      running: 'The disk that holds the database is full, so nothing was written.',
      starting: sentence<{ path: string }>`There is no space left for ${'path'}.`,
    }),
    next: sentenceBy('when', {
      running: 'Free some space; the bridge then continues by itself.',
      starting: 'Free some space and start again.',
    }),
    help: 'free some space; what was missed is read from Monzo then',
    retryable: true,
  },
  disk_read_only: {
    status: 503,
    says: sentenceBy('when', {
      running: sentence<{
        path: string;
      }>`The file system that holds ${'path'} has become read-only, so nothing was written.`,
      starting: sentence<{ path: string }>`The file system that holds ${'path'} is read-only.`,
    }),
    next: 'Make it writable again, and check the disk, because that is how a system protects a failing one; the bridge then continues by itself.',
    help: 'mount the file system writable, or replace the failing disk or SD card; what was missed is read from Monzo then',
    retryable: true,
  },
  database_busy: {
    status: 503,
    says: sentence<{ path: string }>`Another program holds ${'path'}, so nothing was written.`,
    next: 'Close whatever has it open; the bridge then continues by itself.',
    help: 'close the program that has the database open, perhaps a backup tool',
    retryable: true,
  },
  busy: {
    status: 503,
    says: 'The bridge is answering many questions about the ledger right now.',
    next: 'Try again in a few seconds.',
    help: 'ask again',
    retryable: true,
  },
  reading_failed: {
    status: 503,
    says: sentence<{ reason: string | null }>`Reading the ledger broke off${({ reason }) =>
      reason === null ? '' : ` (${reason})`}; nothing is lost.`,
    next: 'Try again.',
    help: 'ask again; if it lasts, report it with the log’s line',
    retryable: true,
  },
  stopping: {
    status: 503,
    says: 'The bridge is stopping.',
    next: 'Try again once it runs.',
    help: 'ask again once it runs',
    retryable: true,
  },
} as const satisfies RefusalGroup;
