import { setupServer } from "msw/node";

/** The API's stand-in: each test says what it answers, and any other request fails the test. */
export const server = setupServer();
