import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient, prepareClient } from "~/lib/api";
import { App } from "./app/App";
import { newRouter } from "./app/router";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
prepareClient();
const queryClient = newQueryClient();
// It asks the server for what it needs before React begins to draw.
const router = newRouter(queryClient);
createRoot(root).render(
  <StrictMode>
    <App queryClient={queryClient} router={router} />
  </StrictMode>,
);
