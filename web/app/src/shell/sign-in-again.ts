import { Cell, type Slice } from "@greenroom/client";

const asked = new Cell(false);

/** Whether the page for signing in stands over an account that the server no longer takes. */
export const signingInAgain: Slice<boolean> = asked;
export const askToSignIn = (): void => asked.set(true);
export const signedInAgain = (): void => asked.set(false);
