import { Component, type ReactNode } from "react";
import { Failure } from "./Failure";

interface Props {
  readonly children: ReactNode;
  /** Another key starts over: what broke in one room need not break the next. */
  readonly resetKey?: string;
}

interface State {
  readonly error?: Error | undefined;
}

/** Catches what breaks while rendering. Nothing written is lost: it is in the store. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.error !== undefined && before.resetKey !== this.props.resetKey) this.setState({ error: undefined });
  }

  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <Failure error={this.state.error} />;
  }
}
