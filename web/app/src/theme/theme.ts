import { preferences } from "../state/preferences";

/** Shows the theme that is wished for, now and when the wish changes. */
export function startTheme(): void {
  const show = () => {
    const { theme } = preferences.get();
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset.theme = theme;
  };
  show();
  preferences.subscribe(show);
}
