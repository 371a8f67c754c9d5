package sys

// PeerCred is struct sockpeercred of SO_PEERCRED: user, group, process.
var PeerCred = CredentialLayout{12, 8, 0, 4}
