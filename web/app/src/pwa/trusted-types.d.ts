/** What of Trusted Types (https://www.w3.org/TR/trusted-types/) the app uses; TypeScript's DOM has none yet. */
interface Window {
  readonly trustedTypes?: {
    createPolicy(
      name: string,
      rules: { readonly createScriptURL: (text: string) => string },
    ): { createScriptURL(text: string): object };
  };
}
