/**
 * What each operation's summary leaves out, for people who write a client: units, what repeating it does, what it never
 * does. By operation id; commands are described by their table.
 */
export const sentences: Readonly<Record<string, string>> = {
  signIn:
    'Needs a `code`, which is the part of a one-time link after `#code=`, or a `token`. Inside Home Assistant nobody signs in: its administrators are let in by themselves.',
  showSession:
    '`how` is `session`, `token`, `ingress` (inside Home Assistant), or null for callers who are not signed in.',
  signOut: 'Ends the session of the browser that asks, and its streams. The admin token stays valid.',
  createLink:
    'It signs in one browser, once, within ten minutes. `links` has it with each address of the page, and `qr` is a picture of one to scan with a phone.',
  listSessions:
    'A session ends ninety days after its last use, when it is ended, and when the admin token changes. `current` is true for the browser that asks.',
  endSession: 'For a browser that is not at hand, such as that of a lost phone. Its streams end, too.',
  endOtherSessions: 'The admin token stays valid.',
  listLogins:
    '`needs` is a sentence that says what a person has to do, or null; `fault` and `remedy` say the same for programs.',
  reloadLogin:
    'For a login that waits for something outside the bridge, such as the approval in the Monzo app. Nothing has to be entered again.',
  removeLogin:
    'Transactions that another login sees, too, stay in any case. Webhooks of ours are removed at Monzo while it still lets us.',
  recordRenewedApproval:
    'Monzo does not report that an access was approved again before it lapsed. The reminders end for another eighty days.',
  showSetup:
    'The addresses to which Monzo can send this browser after the sign-in, the best first, and whether the address it ends on must be pasted.',
  changeLogin: 'What is left out stays as it is. A new secret is used from the next call to Monzo on.',
  addLogin:
    'Answers with the address to sign in at and the redirect URL that the OAuth client must have. Without `redirect_uri` the best one is chosen.',
  reauthorizeLogin:
    'For a new approval, or after Monzo has ended the access. Answers with the address to sign in at.',
  finishSignIn:
    'Only needed where the browser did not come back to the bridge by itself. A sign-in can be finished once, within an hour.',
  recordAnswers:
    'For sharing with the project. Texts, names, ids, amounts and dates are replaced before it leaves the bridge. It costs a few calls to Monzo.',
  showRails:
    'The keys of limits are currencies; `*` stands for all others. A move with an unknown outcome counts as moved.',
  changeRails: 'Amounts are decimal text in major units. Every change is in the audit.',
  showPause:
    '`why` says why the bridge paused them itself; it is null where a person did, or where nothing is paused.',
  listTransfers:
    'A transfer is `open` until its outcome is known, and `unresolved` where only a person can find it out.',
  showTransfer:
    '`evidence` is everything that was recorded about it. While its outcome is unknown, `fitting_transactions` has what to compare with the Monzo app.',
  recordDecision:
    'For what a person saw in the Monzo app about a transfer that is `unresolved`. It moves no money.',
  listAudit: '`count` says how often the same refusal came within a minute, the last time at `last_at`.',
  exportAudit:
    'As CSV or JSON, streamed. If it fails halfway, the connection is closed, so that a part is not taken for the whole.',
  listAccounts:
    'The same accounts as in Home Assistant. `available` is false once the bank has not answered for `MONZO_BRIDGE_STALE_HOURS`; the values are then the last known ones.',
  listFormer:
    'What is `closed` at Monzo, and what belonged to a login that was removed while its history was kept. Its transactions are found by its id.',
  listPots:
    'The same pots as in Home Assistant. Amounts are in major units, and in minor units with `_minor`; a pot without a goal has null.',
  listBankPositions:
    'Seen in the answers that the bridge gets anyway: it makes no call for this. Each has the time at which it was first seen.',
  listWebhooks:
    '`actual` is from the last look at Monzo’s list, `trouble` says why it differs from what is wanted, and only the host of an address is shown.',
  testWebhook:
    'The call comes in as one of Monzo’s would. `outcome` says whether it arrived, or who answered instead. It can be asked every five seconds.',
  sumTransactions:
    'By currency, and in one answer however many there are. Those that moved no money are in `count` and `unmoved`, and in no sum.',
  listTags: 'They are written in the notes of a transaction, here or in the Monzo app.',
  showMerchant:
    '`usual` is the middle one of the last hundred payments, or null where there were fewer than three.',
  listTransactions: 'All filters must fit. `next` names the next page, and is null on the last one.',
  showTransaction:
    '`raw` is exactly the object that Monzo’s API returned. Numbers in it can be too large for some languages to hold exactly.',
  exportTransactions:
    'As CSV or JSON, streamed from a ledger of any size. If it fails halfway, the connection is closed, so that a part is not taken for the whole.',
  listCategories:
    'Monzo’s API names categories that people have made by ids; `named` is true for those that have a name here.',
  nameCategory:
    'Only categories that people have made can be named. The name is used everywhere from then on; an empty one takes it away.',
  sumSpending:
    'By currency; what moves between accounts and pots of the household does not count. `totals` covers everything, whatever `limit` says.',
  listBalances:
    'For each account and pot, and in total by currency, of the last ninety days unless asked for others. `reconstructed` balances are worked out from transactions and may not be exact.',
  showPace:
    'By currency, with averages of the last six full months. `spent` is null until all of the month was read.',
  reportMonth:
    'By currency: sums, categories, the largest payments, and shops that are new or no longer paid. Vanished ones are known once the month is `complete`.',
  showReceipt:
    '`receipt` is null where this bridge has added none: Monzo shows a program only its own receipts.',
  addReceipt:
    'Amounts are in minor units of the currency in which was paid, and have to add up to the transaction. Repeating it changes nothing.',
  removeReceipt: 'Answers the same where there is none. Receipts of other programs stay.',
  showVerdict: 'For a container’s or a service’s health check. It says nothing about anybody.',
  showHealth:
    'Answers 200 whenever the bridge runs. `state` is the worst of its `parts`, each of which has its reason.',
  lookAtEverything:
    'Calls what has to be called for that: the bridge’s own public address, and Monzo where it has not answered within the last minute.',
  showMetrics:
    'Counts begin anew with the process. Balances are among them only with `MONZO_BRIDGE_METRICS_BALANCES`.',
  describeApi: 'In the form of OpenAPI, made of the routes themselves.',
  showActivity:
    'Counts begin with the process. For each login it has what remains of its budget of calls, and how far its history is read.',
  showDiagnostics: 'Logins and accounts have made-up names that stay the same.',
  listen:
    'A snapshot comes at once, too. After forty-five seconds without either, what was sent is stale. A slow reader gets the newest snapshot and skips those in between.',
  listEvents: '`data` is Monzo’s object as it was when the event happened. `last` is the newest place.',
  retryEvents:
    'Sends all of them again, those of one `sink`, or the one with an `event_id`. Their ids stay the same.',
  showPresence: '`away` is whether it is away now, and `held` how many are kept for it.',
  recordHomeAssistantGone:
    'For a Home Assistant that was set up anew or taken away. Events that were kept for it are sent as if it were there.',
  showOptionalEntities:
    '`low_balance` has a threshold by account, as decimal text in major units. `update_check` is null in the Home Assistant app, which has its own.',
  changeOptionalEntities:
    'An account whose threshold is null loses the entity. Every change is in the audit.',
  listDeletedDevices: 'A device that was deleted there is not announced again by itself.',
  restoreDeletedDevices: 'Answers with those that are still deleted.',
  showDashboard:
    '`order` is what was asked for and is not done yet; `sentence` says what stands in the way. `yaml` is for adding it by hand.',
  addDashboard:
    'It is added once Home Assistant can be reached, and kept current. Files of others are overwritten only with `replace`.',
  removeDashboard: 'It is removed once Home Assistant can be reached.',
  listBlueprints:
    '`copies` says where Home Assistant has each, in which state, and which automations use it.',
  installBlueprints:
    'Installs those in `names`, or all where that is left out. What was changed in Home Assistant is overwritten only with `replace`.',
  removeBlueprints:
    'They are removed once Home Assistant can be reached. Those that an automation uses stay, and the list says so.',
  downloadDashboardFile: 'A script for Home Assistant’s page. It holds nothing about anybody.',
  showActions: '`sentence` says what is wrong, and what to do. `yaml` has them for adding by hand.',
  decideActions: 'Scripts of others that have the same names are overwritten only with `replace`.',
  setReaders: 'Administrators only, or everybody who can sign in to Home Assistant.',
};
