// Logging in by a passkey is offered only where the browser can: keys belong to a name, not to an address of figures.
if (window.PublicKeyCredential && !/^[\d.:[\]]+$/.test(location.hostname)) {
  document.getElementById("passkey_login").hidden = false;
}
// Whoever closes the browser's window for passkeys has said no: that is no error of the page.
document.addEventListener("allauth.error", (event) => event.preventDefault());
