/** Puts the parts together: the local op log, what is shown of it, the connection, the tabs, the calls. */

import type { Client, ClientOptions } from "./api.js";

/**
 * Opens the account of this device: reads what is stored, and connects when somebody is signed in. Resolves without
 * waiting for the server.
 */
export const openClient = (options: ClientOptions): Promise<Client> =>
  Promise.reject(new Error(`no client of ${options.url} yet`));
