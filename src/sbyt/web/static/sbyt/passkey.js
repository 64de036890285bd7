// Logging in by a passkey is offered only where the browser can.
if (window.PublicKeyCredential) {
  document.getElementById("passkey_login").hidden = false;
}
// Whoever closes the browser's window for passkeys has said no: that is no error of the page.
document.addEventListener("allauth.error", (event) => event.preventDefault());
