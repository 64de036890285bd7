// telegram-test-api as a process on loopback: node server.js PORT
const { TelegramServer } = require('telegram-test-api/lib/telegramServer');

const server = new TelegramServer({ port: Number(process.argv[2]), host: '127.0.0.1', storeTimeout: 3600 });
server.start().then(() => console.log('listening'));
