// Opens what is closed while the page is printed or where a link leads into it, and closes the menu of a phone behind a
// choice. Without this script a browser that knows ::details-content prints all of it (report.css).
{
  const closed = () => document.querySelectorAll("main details:not([open])");
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...closed()];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
    opened = [];
  });
  const menu = document.querySelector(".menu details");
  menu?.addEventListener("click", (event) => {
    if (event.target.closest("a")) menu.open = false;
  });
}
